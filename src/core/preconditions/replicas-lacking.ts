/**
 * The replicas that carry the service must all be available to move on. While one is merely on its way that is a
 * wait like any other; one that failed, or was unready for too long, is for people.
 */
import { annotations } from '../../api/v1alpha1/constants.ts'
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import { hopelessAt, versionOf, isHopeless, stableAvailability, type Facts } from '../facts.ts'
import { annotateCommand } from '../reason.ts'
import { troubleOf } from '../words/trouble.ts'

export function replicasLacking(
  facts: Facts,
  range: { readonly from: number; readonly to: number; readonly revision: string },
  until: string,
): Decision | undefined {
  const { available, lacking } = stableAvailability(facts, range)
  if (available) return undefined
  if (lacking === undefined || !isHopeless(facts, lacking))
    return wait(
      { code: 'Healing', image: versionOf(facts, range.revision) },
      lacking === undefined ? undefined : hopelessAt(facts, lacking),
    )
  const { resource } = facts
  const { target } = resource.spec
  return wait({
    code: 'ReplicasUnavailable',
    pod: lacking.name,
    trouble: troubleOf(lacking),
    until,
    ...(target !== range.revision && { force: annotateCommand(resource, annotations.force, target) }),
  })
}
