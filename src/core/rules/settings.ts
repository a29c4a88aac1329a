/**
 * Settings of the stable set that are ours, in every phase: claims are retained whatever happens to pods and set (a
 * scale-down under whenScaled: Delete would delete data by our hand), and minReadySeconds as the spec says. Changing
 * them restarts nothing.
 */
import { changeStable } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import type { Facts } from '../facts.ts'
import { releaseService } from '../moves/release-service.ts'
import { retain } from '../moves/retain.ts'

export function settings(facts: Facts): Decision | undefined {
  const { stable, resource } = facts
  if (stable === undefined) return undefined
  const { minReadySeconds, target } = resource.spec
  // Lower only with the template that it is meant for: a probe that comes with a new revision guards nothing yet.
  const mayLower = stable.revision === target || minReadySeconds > stable.minReadySeconds
  const settled = stable.minReadySeconds === minReadySeconds || !mayLower
  return (
    retain(facts) ??
    releaseService(facts, { code: 'Settling', set: stable.name }) ??
    (settled
      ? undefined
      : act(changeStable(stable, 'putBackSettings', { settings: true }), {
          code: 'Settling',
          set: stable.name,
        }))
  )
}
