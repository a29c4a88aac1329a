/** Why a rollout is rolled back, in words. */
import type { RollbackCause } from '../record.ts'

export function causeWords(cause: RollbackCause): string {
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
