/**
 * Stored revisions, for people to go back to: in the order in which stable ran them last, which is what their numbers tell,
 * and up to a number of those that nothing needs.
 */
import { refOf } from '../action.ts'
import type { Decision } from '../decision.ts'
import { act, ask } from '../decision.ts'
import { nextNumber } from '../attempts.ts'
import type { Facts } from '../facts.ts'
import type { RolloutRecord } from '../record.ts'

export function keepHistory(facts: Facts, record: RolloutRecord): Decision | undefined {
  return record.rollout === undefined ? (renew(facts, record) ?? prune(facts, record)) : undefined
}

/**
 * One that is run again is the newest again: else it would be pruned before what came, and failed, in between. (What the spec
 * wants next is stored with a higher number, and keeps it where it is promoted.) Nothing waits for it: once refused it is asked
 * for by dry run before it is tried again.
 */
function renew(facts: Facts, { accepted }: RolloutRecord): Decision | undefined {
  const { resource, revisions } = facts
  const running = revisions.find(({ revision }) => revision === accepted)
  if (running === undefined) return undefined
  const isNewest = revisions.every(
    ({ revision, number }) => number <= running.number || revision === resource.spec.target,
  )
  if (isNewest) return undefined
  const renewal = { stored: refOf(running), number: nextNumber(facts) }
  const renewing = act({ kind: 'renewRevision', ...renewal }, { code: 'Renewing', image: running.image })
  if (facts.answers.renewal === undefined) return renewing
  const what = `ControllerRevision ${running.name}`
  const asked = ask(facts, { kind: 'renewal', ...renewal }, (message) => ({
    code: 'SetRefused',
    what,
    message,
  }))
  return asked?.next.kind === 'wait' ? undefined : (asked ?? renewing)
}

/**
 * At rest only: in a rollout every revision may be the way back. (Who runs late deletes one that a rollout has begun to
 * need since: it is stored again, or missed by name.)
 */
function prune({ resource, revisions }: Facts, { accepted, rejected }: RolloutRecord): Decision | undefined {
  const { target, revisionHistoryLimit } = resource.spec
  const wantsAnother = target !== accepted && target !== rejected
  if (wantsAnother) return undefined
  const old = revisions
    .filter(({ revision }) => ![accepted, rejected, target].includes(revision))
    .toSorted((one, other) => one.number - other.number)
  const [oldest] = old
  if (oldest === undefined || old.length <= revisionHistoryLimit) return undefined
  const action = { kind: 'deleteRevision', stored: refOf(oldest) } as const
  return act(action, { code: 'Pruning', image: oldest.image })
}
