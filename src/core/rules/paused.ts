/** A person paused us by annotation: nothing is written, not even status. Deletion and the alarm go on. */
import type { Decision } from '../decision.ts'
import { rest } from '../decision.ts'
import type { Facts } from '../facts.ts'

export function paused({ resource }: Facts): Decision | undefined {
  return resource.paused && !resource.deleting ? rest({ code: 'Paused' }) : undefined
}
