/** The headless Service gives the pods their names: where they outlive the resource, it must, too. */
import { refOf } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { Reason } from '../reason.ts'

/** As soon as the spec says so: a deletion in the foreground would take the Service before it asks anybody. */
export function releaseService({ ownService, resource }: Facts, reason: Reason): Decision | undefined {
  if (ownService === undefined || resource.spec.deletionPolicy !== 'Orphan') return undefined
  return act({ kind: 'releaseService', service: refOf(ownService) }, reason)
}
