/** Why a rollout is rolled back, in words: what was seen, or what was asked for. */
import type { RollbackCause, Rollout } from '../record.ts'

export function whyWords({ trouble, cause }: Rollout): string {
  return trouble ?? (cause === undefined ? 'decided' : causeWords(cause))
}

function causeWords(cause: RollbackCause): string {
  switch (cause) {
    case 'reverted':
      return 'the spec was reverted'
    case 'superseded':
      return 'the spec asks for another version'
    case 'failed':
      return 'its canary failed'
    case 'deadline':
      return 'its canary was not available in time'
    case 'aborted':
      return 'it was aborted'
  }
}
