/** Stored revisions that nothing needs are kept up to a number, for people to go back to; the oldest one goes first. */
import { refOf } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act } from '../decision.ts'
import type { Facts } from '../facts.ts'
import type { RolloutRecord } from '../record.ts'

/**
 * At rest only: in a rollout every revision may be the way back. The newest stays in any case, for attempts are numbered
 * on from it. (Who runs late deletes one that a rollout has begun to need since: it is stored again, or missed by name.)
 */
export function prune(facts: Facts, { accepted, rejected, rollout }: RolloutRecord): Decision | undefined {
  const { resource, revisions } = facts
  const { target, revisionHistoryLimit } = resource.spec
  const wantsAnother = target !== accepted && target !== rejected
  if (rollout !== undefined || wantsAnother) return undefined
  const newest = Math.max(...revisions.map(({ number }) => number))
  const old = revisions
    .filter(({ revision, number }) => ![accepted, rejected, target].includes(revision) && number !== newest)
    .toSorted((one, other) => one.number - other.number)
  const [oldest] = old
  if (oldest === undefined || old.length <= revisionHistoryLimit) return undefined
  const action = { kind: 'deleteRevision', stored: refOf(oldest) } as const
  return act(action, { code: 'Pruning', image: oldest.image })
}
