/**
 * At rest a volume that a restore took out of use is let go when its time has passed. Not while a replica is broken, when a person may
 * need what is on it; and not one that somebody else has taken. One that its claim has got back is that claim's like any other, when
 * the next rollout has ended: until then the note on it says that it was not restored.
 */
import { refOf } from '../action.ts'
import { act, type Decision } from '../decision.ts'
import { type Facts, isWhole } from '../facts.ts'
import type { RolloutRecord } from '../record.ts'
import { isPastTime } from '../volumes/expiry.ts'
import { isBack, retainedVolumes } from '../volumes/way-back.ts'

export function releaseVolumes(facts: Facts, { id, rollout, accepted }: RolloutRecord): Decision | undefined {
  if (rollout !== undefined || !(facts.replicas === 0 || isWhole(facts, accepted))) return undefined
  const back = facts.keptVolumes.find((volume) => volume.attempt !== id && isBack(facts, volume))
  if (back !== undefined)
    return act(
      { kind: 'releaseVolume', volume: refOf(back) },
      { code: 'ReleasingVolume', volume: back.name, claim: back.claim },
    )
  const due = retainedVolumes(facts).find((volume) => volume.released && isPastTime(facts, volume))
  if (due === undefined) return undefined
  return act(
    { kind: 'releaseVolume', volume: refOf(due) },
    { code: 'ReleasingVolume', volume: due.name },
    {
      type: 'Normal',
      reason: 'VolumeReleased',
      note:
        `Volume ${due.name}, kept since claim ${due.claim} was restored, was let go after spec.volumes.retained.ttlSeconds: ` +
        'its own reclaim policy says what becomes of it',
    },
  )
}
