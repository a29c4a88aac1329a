/** The resource is gone for us (deleted and let go), or a person paused us: nothing is written, not even status. */
import type { Decision } from '../decision.ts'
import { rest } from '../decision.ts'
import type { Facts } from '../facts.ts'

export function stopped({ resource }: Facts): Decision | undefined {
  if (resource.deleting && !resource.finalizer) return rest({ code: 'Gone' })
  if (resource.paused && !resource.deleting) return rest({ code: 'Paused' })
  return undefined
}
