import { describe, expect, it } from 'vitest'
import {
  annotateCommand,
  changeImageWords,
  type Reason,
  sentence,
  setImageCommand,
  standingOf,
} from './reason.ts'

const target = { name: 'redis', namespace: 'default' }

/** One of each code; the sentences of most stand in the tables of the rules that say them. */
const reasons = [
  { code: 'Stable', image: 'redis:6' },
  { code: 'Paused' },
  { code: 'Gone' },
  { code: 'Creating', what: 'the headless Service' },
  { code: 'FirstDeploy', target, image: 'redis:6' },
  { code: 'Healing', image: 'redis:6' },
  { code: 'ReplicaBroken', image: 'redis:6', trouble: 'redis-stable-1 keeps crashing' },
  { code: 'Checking', what: 'that the guard policy is in force' },
  { code: 'RolloutStarting', from: 'redis:6', to: 'redis:7' },
  { code: 'Displacing', pods: 'redis-stable-2' },
  { code: 'CanaryStarting', pods: 'redis-canary-2', image: 'redis:7' },
  {
    code: 'AwaitingApproval',
    target,
    pods: 'redis-canary-2',
    displaced: 'redis-stable-2',
    image: 'redis:7',
    annotation: 'a/b',
    move: 'promotion',
  },
  {
    code: 'Baking',
    pods: 'redis-canary-2',
    displaced: 'redis-stable-2',
    image: 'redis:7',
    move: 'step',
    asks: false,
  },
  { code: 'StepStarting', image: 'redis:7' },
  { code: 'RolloutPaused', target, image: 'redis:7' },
  { code: 'CanaryFailing', target, image: 'redis:7', trouble: 'redis-canary-2 keeps crashing' },
  { code: 'AwaitingMigration', target, image: 'redis:7', revision: 'new' },
  { code: 'AwaitingMigration', target, image: 'redis:7', revision: 'new', ignored: 'theirs' },
  { code: 'MigratingData', target, image: 'redis:7', job: 'redis-migrate-resource-3' },
  { code: 'RemovingJob', job: 'redis-migrate-resource-3' },
  { code: 'RemovingJob', job: 'a-job', ending: { pod: 'a-pod', claim: 'data-redis-stable-2' } },
  { code: 'MigrationFailed', target, image: 'redis:7', trouble: 'its Job is gone' },
  {
    code: 'MigrationIrreversible',
    image: 'redis:7',
    from: 'redis:6',
    why: 'it was aborted',
    accept: 'accept',
    onward: 'go on',
  },
  { code: 'CheckingRollback', target, image: 'redis:6', job: 'redis-check-resource-3' },
  {
    code: 'RollbackCheckFailed',
    target,
    image: 'redis:6',
    job: 'redis-check-resource-3',
    trouble: 'it failed',
  },
  { code: 'Promoting', image: 'redis:7', doing: 'deleting the empty canary set' },
  { code: 'RollingBack', image: 'redis:7', cause: 'the spec was reverted', doing: 'taking the canary away' },
  { code: 'Forcing', image: 'redis:8', doing: 'deleting the empty canary set' },
  { code: 'Terminating', doing: 'scaling redis-stable to 0' },
  { code: 'Renewing', image: 'redis:6' },
  { code: 'Pruning', image: 'redis:7' },
  { code: 'AnnotationDone', annotation: 'a/b' },
  { code: 'RevisionRejected', target, image: 'redis:7' },
  {
    code: 'StableMissing',
    target,
    set: 'redis-stable',
    kept: 'data-redis-stable-0',
    image: 'redis:6',
    force: 'old',
  },
  { code: 'Settling', set: 'redis-stable' },
  { code: 'CanaryLeft', set: 'redis-canary' },
  { code: 'RevisionMissing', name: 'redis-old' },
  { code: 'ForeignSet', set: 'redis-stable' },
  { code: 'TwoWriters', claim: 'data-redis-stable-2', pods: 'redis-stable-2 and redis-canary-2' },
  { code: 'SetRefused', what: 'StatefulSet redis-stable', message: 'no' },
  { code: 'ServiceNotHeadless', target, service: 'redis-headless' },
  { code: 'GuardMissing', message: 'no' },
  { code: 'Unprotected', target },
  { code: 'HandoverMissing', message: 'no' },
  { code: 'ReplicasUnavailable', pod: 'redis-stable-0', trouble: 'is missing', until: 'the rollout' },
  { code: 'ClaimDeleting', claim: 'data-redis-stable-2', pod: 'redis-stable-2' },
  { code: 'ClaimDeleting', claim: 'data-redis-stable-2', pod: 'redis-stable-2', isStopped: true },
  { code: 'ClaimMissing', claim: 'data-redis-stable-2' },
  { code: 'PodStuck', pod: 'redis-canary-2' },
  { code: 'JobStuck', job: 'redis-migrate-resource-3' },
  { code: 'JobResumed', target, job: 'redis-migrate-resource-3' },
  { code: 'ForeignPod', pod: 'debug', claim: 'data-redis-stable-2' },
  { code: 'PromotionBlocked', trouble: 'redis-stable-2 keeps crashing', wayOut: 'Revert.' },
  { code: 'RollbackBlocked', trouble: 'redis-stable-2 keeps crashing on redis:6', wayOut: 'Go forward.' },
] satisfies readonly Reason[]

describe('every sentence', () => {
  it.each(reasons)('of $code is one for people', (reason) => {
    const text = sentence(reason)
    expect(text).not.toMatch(/undefined|\[object|NaN/)
    expect(text).toMatch(/^[A-Za-z]/)
    expect(text.length).toBeGreaterThan(10)
  })

  it.each(reasons)('of $code stays the same while nothing changes: no moment in it', (reason) => {
    expect(sentence(reason)).not.toMatch(/\d{4}-\d\d-\d\d|\d{10}|\d+ ?(seconds|minutes|times)/)
  })
})

describe('standing', () => {
  it.each(['Stable', 'Paused', 'Gone'] as const)('%s is rest', (code) => {
    expect(standingOf({ code, image: '' })).toBe('resting')
  })

  it.each([
    'Creating',
    'FirstDeploy',
    'Healing',
    'Checking',
    'RolloutStarting',
    'Displacing',
    'CanaryStarting',
    'AwaitingApproval',
    'Baking',
    'StepStarting',
    'RolloutPaused',
    'Promoting',
    'RollingBack',
    'Forcing',
    'Terminating',
    'Renewing',
    'Pruning',
    'AnnotationDone',
    'Settling',
    'CanaryLeft',
  ] as const)('%s is work', (code) => {
    expect(standingOf({ code } as Reason)).toBe('working')
  })

  it.each([
    'RevisionRejected',
    'StableMissing',
    'ForeignSet',
    'RecordUnreadable',
    'TwoWriters',
    'SetRefused',
    'ServiceNotHeadless',
    'GuardMissing',
    'Unprotected',
    'HandoverMissing',
    'ClaimDeleting',
    'ClaimMissing',
    'PodStuck',
    'ForeignPod',
    'CanaryFailing',
    'PromotionBlocked',
    'RollbackBlocked',
    'Unmatched',
    'RevisionMissing',
    'ReplicasUnavailable',
    'ReplicaBroken',
  ] as const)('%s needs a person', (code) => {
    expect(standingOf({ code } as Reason)).toBe('stalled')
  })
})

describe('printed commands', () => {
  it('lead to another image, or to the template where the image is the same', () => {
    expect(changeImageWords(target, 'redis:7', 'redis:6')).toBe(setImageCommand(target, 'redis:6'))
    expect(changeImageWords(target, 'redis:7', 'redis:7')).toBe('change spec.template back')
  })

  it('name the resource and its namespace', () => {
    expect(annotateCommand(target, 'canary.example.com/promote', 'true')).toBe(
      'kubectl annotate canarystatefulset redis -n default canary.example.com/promote=true',
    )
    expect(setImageCommand(target, 'redis:7')).toBe(
      `kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"image":"redis:7"}}'`,
    )
  })
})
