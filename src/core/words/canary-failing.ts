/** What is said of a canary that fails and is held, since nobody wants it rolled back by itself. */
import { versionOf, type Facts } from '../facts.ts'
import type { Reason } from '../reason.ts'
import type { Rollout } from '../record.ts'

export function canaryFailing(facts: Facts, rollout: Rollout, trouble: string): Reason {
  return { code: 'CanaryFailing', target: facts.resource, image: versionOf(facts, rollout.to), trouble }
}
