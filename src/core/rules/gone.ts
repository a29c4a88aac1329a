/** The resource was deleted and let go: there is nothing left to do. */
import type { Decision } from '../decision.ts'
import { rest } from '../decision.ts'
import type { Facts } from '../facts.ts'

export function gone({ resource }: Facts): Decision | undefined {
  return resource.deleting && !resource.finalizer ? rest({ code: 'Gone' }) : undefined
}
