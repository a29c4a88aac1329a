import { describe } from 'vitest'
import {
  activeWorld,
  approvedWorld,
  armedWorld,
  rollingBackWorld,
  startedWorld,
} from '../testing/rollout-worlds.ts'
import {
  approvedBy,
  canaryPod,
  migrating,
  newWorld,
  stableWorld,
  unready,
  withPods,
  withCanary,
  withRecord,
  withResource,
  withRollout,
  wanting,
  withSpec,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { annotations } from './annotations.ts'

const promoteAnnotation = 'canary.example.com/promote'
const ignored = (value: string) => [
  `Annotation ${promoteAnnotation}=${value} was removed: no canary waits for approval`,
]

const misspelt = (value: string) => [
  `Annotation ${promoteAnnotation}=${value} was removed: the canary that waits is approved with true, or with its revision new`,
]

describe('annotations', () => {
  checkRows(annotations, [
    { title: 'Without annotations the next rule is asked', given: activeWorld(), decides: 'nothing' },
    { title: 'Without a stable set too', given: newWorld(), decides: 'nothing' },
    {
      title: 'An approval at rest is removed, or it would approve the next image',
      given: world(stableWorld(), approvedBy('true')),
      decides: 'act removeAnnotation',
      change: { name: promoteAnnotation, value: 'true', heeded: false },
      says: `Removing the annotation ${promoteAnnotation}.`,
      tells: ignored('true'),
    },
    {
      title: 'An approval at rest by the revision in spec is removed too',
      given: world(stableWorld(), approvedBy('old')),
      decides: 'act removeAnnotation',
      tells: ignored('old'),
    },
    {
      title: 'An approval of the active canary is left for the decision',
      given: world(activeWorld(), approvedBy('true')),
      decides: 'nothing',
    },
    {
      title: 'An approval that comes while the status of the set lags behind its pods is left for it, too',
      given: world(activeWorld(), withCanary({ observed: false, generationSeen: true }), approvedBy('true')),
      decides: 'nothing',
    },
    {
      title: 'An approval with the revision is left for the decision',
      given: world(activeWorld(), approvedBy('new')),
      decides: 'nothing',
    },
    {
      title: "An approval with the canary's controller-revision-hash is left for the decision",
      given: world(activeWorld(), approvedBy('redis-canary-hash')),
      decides: 'nothing',
    },
    {
      title: 'An approval with the revision may be sent ahead of the canary',
      given: world(startedWorld(), approvedBy('new')),
      decides: 'nothing',
    },
    {
      title: 'A bare true may not: it counts only while the canary is active',
      given: world(startedWorld(), approvedBy('true')),
      decides: 'act removeAnnotation',
      tells: ignored('true'),
    },
    {
      title: 'A bare true for a canary that is not available does not count',
      given: world(armedWorld(), withPods(unready(canaryPod(2))), approvedBy('true')),
      decides: 'act removeAnnotation',
      tells: ignored('true'),
    },
    {
      title: 'An approval with another revision is removed',
      given: world(activeWorld(), approvedBy('third')),
      decides: 'act removeAnnotation',
      tells: misspelt('third'),
    },
    {
      title: 'An approval with the version that the rollout comes from is removed',
      given: world(activeWorld(), approvedBy('old')),
      decides: 'act removeAnnotation',
      tells: misspelt('old'),
    },
    {
      title: 'An approval that was recorded with the decision is removed without a word',
      given: world(approvedWorld(), approvedBy('true')),
      decides: 'act removeAnnotation',
      change: { name: promoteAnnotation, value: 'true', heeded: true },
    },
    {
      title: 'An approval that was acknowledged counts no more, decision or not',
      given: world(activeWorld(), withRollout({ ack: true }), approvedBy('new')),
      decides: 'act removeAnnotation',
      change: { name: promoteAnnotation, value: 'new', heeded: true },
    },
    {
      title: 'An approval after the decision to roll back is removed',
      given: world(rollingBackWorld(), approvedBy('new')),
      decides: 'act removeAnnotation',
      tells: ignored('new'),
    },
    {
      title: 'An approval of a rollout without a canary is removed: it needs none',
      given: world(
        startedWorld({ canaryReplicas: 0 }),
        withRollout({ decision: 'promote' }),
        approvedBy('new'),
      ),
      decides: 'act removeAnnotation',
      tells: ignored('new'),
    },
    {
      title: 'The annotation has the name that the spec gives it',
      given: world(stableWorld(), withSpec({ promoteAnnotation: 'my.domain/go' }), approvedBy('true')),
      decides: 'act removeAnnotation',
      change: { name: 'my.domain/go', value: 'true', heeded: false },
      tells: ['Annotation my.domain/go=true was removed: no canary waits for approval'],
    },
  ])
})

const abortAnnotation = 'canary.example.com/abort'
const abortedBy = (abort: string) => withResource({ abort })
const notAborted = (value: string, because: string) => [
  `Annotation ${abortAnnotation}=${value} was removed: ${because}`,
]

describe('annotations: abort', () => {
  checkRows(annotations, [
    {
      title: 'One that names the rollout is left for the decision, true or the revision',
      given: world(startedWorld(), abortedBy('true')),
      decides: 'nothing',
    },
    {
      title: 'Also after promotion was decided',
      given: world(approvedWorld(), abortedBy('new')),
      decides: 'nothing',
    },
    {
      title: 'One at rest is removed, or it would abort the next rollout',
      given: world(stableWorld(), abortedBy('true')),
      decides: 'act removeAnnotation',
      change: { name: abortAnnotation, value: 'true', heeded: false },
      tells: notAborted('true', 'no rollout is under way'),
    },
    {
      title: 'One with another revision is removed, with the one that would count',
      given: world(activeWorld(), abortedBy('third')),
      decides: 'act removeAnnotation',
      tells: notAborted('third', 'the rollout is aborted with true, or with its revision new'),
    },
    {
      title: 'One that was heeded is removed without a word',
      given: world(rollingBackWorld({}, 'aborted'), abortedBy('true')),
      decides: 'act removeAnnotation',
      change: { name: abortAnnotation, value: 'true', heeded: true },
    },
    {
      title: 'One that came after another reason to roll back is removed',
      given: world(rollingBackWorld({}, 'failed'), abortedBy('true')),
      decides: 'act removeAnnotation',
      tells: notAborted('true', 'the rollout is rolled back already'),
    },
    {
      title: 'It is removed before the approval that it beat',
      given: world(rollingBackWorld({}, 'aborted'), abortedBy('true'), approvedBy('true')),
      decides: 'act removeAnnotation',
      change: { name: abortAnnotation, value: 'true', heeded: true },
    },
  ])
})

const retryAnnotation = 'canary.example.com/retry'
const retriedBy = (retry: string) => withResource({ retry })
const notRetried = (value: string, because: string) => [
  `Annotation ${retryAnnotation}=${value} was removed: ${because}`,
]
const rejectedWorld = world(stableWorld(), wanting('new'), withRecord({ rejected: 'new' }))

describe('annotations: retry', () => {
  checkRows(annotations, [
    {
      title: 'One of the rejected revision in spec is left for the rule that clears the rejection',
      given: world(rejectedWorld, retriedBy('true')),
      decides: 'nothing',
    },
    {
      title: 'Also while that revision is still rolled back',
      given: world(rollingBackWorld({}, 'failed'), retriedBy('new')),
      decides: 'nothing',
    },
    {
      title: 'When the rejection is cleared it is removed without a word, before the rollout starts',
      given: world(stableWorld(), wanting('new'), retriedBy('true')),
      decides: 'act removeAnnotation',
      change: { name: retryAnnotation, value: 'true', heeded: true },
    },
    {
      title: 'One with another revision is removed, with the one that would count',
      given: world(rejectedWorld, retriedBy('third')),
      decides: 'act removeAnnotation',
      tells: notRetried('third', 'the rejected version is tried again with true, or with its revision new'),
    },
    {
      title: 'One where nothing is rejected is removed',
      given: world(stableWorld(), retriedBy('true')),
      decides: 'act removeAnnotation',
      tells: notRetried('true', 'the spec asks for no rejected version'),
    },
    {
      title: 'One in a rollout is removed, or it would try again what fails now',
      given: world(activeWorld(), retriedBy('true')),
      decides: 'act removeAnnotation',
      tells: notRetried('true', 'the spec asks for no rejected version'),
    },
    {
      title: 'One of a version that a person had reverted is removed: nothing is rejected',
      given: world(rollingBackWorld({}, 'reverted'), retriedBy('new')),
      decides: 'act removeAnnotation',
      tells: notRetried('new', 'the spec asks for no rejected version'),
    },
    {
      title: 'One while the spec asks for something else is removed',
      given: world(rejectedWorld, wanting('old'), retriedBy('true')),
      decides: 'act removeAnnotation',
      tells: notRetried('true', 'the spec asks for no rejected version'),
    },
  ])
})

describe('annotations: approvals of steps', () => {
  const steps = [{ canaryReplicas: 1 }, { canaryReplicas: 2 }]
  const pausing = [{ canaryReplicas: 1, pause: true }, { canaryReplicas: 2 }]
  const automatic = withSpec({ promotionType: 'auto' })
  const gone = (value: string, because: string) => [
    `Annotation ${promoteAnnotation}=${value} was removed: ${because}`,
  ]
  checkRows(annotations, [
    {
      title: 'A bare true counts for a step that asks, also while it bakes',
      given: world(activeWorld({ steps: pausing }), withSpec({ bakeSeconds: 3600 }), approvedBy('true')),
      decides: 'nothing',
    },
    {
      title: 'Not for one that asks nobody: it would hit the next one',
      given: world(activeWorld({ steps }), approvedBy('true')),
      decides: 'act removeAnnotation',
      tells: gone('true', 'this step goes on by itself after its bake'),
    },
    {
      title: 'The revision may be sent ahead of a later step that asks',
      given: world(activeWorld({ steps }), approvedBy('new')),
      decides: 'nothing',
    },
    {
      title: 'Not where no step asks',
      given: world(activeWorld({ steps }), automatic, approvedBy('new')),
      decides: 'act removeAnnotation',
      tells: gone('new', 'this rollout goes on by itself after its bake'),
    },
    {
      title: 'Nor after the last one that asked',
      given: world(activeWorld({ steps: pausing, canaryReplicas: 2 }), automatic, approvedBy('new')),
      decides: 'act removeAnnotation',
      tells: gone('new', 'this rollout goes on by itself after its bake'),
    },
    {
      title: 'An approval that a step has used up is removed without a word',
      given: world(
        startedWorld({ steps: pausing, canaryReplicas: 2 }),
        withRollout({ ack: true }),
        approvedBy('true'),
      ),
      decides: 'act removeAnnotation',
      change: { name: promoteAnnotation, value: 'true', heeded: true },
    },
    {
      title: 'When it is gone that is recorded, so that the next one counts',
      given: world(startedWorld({ steps: pausing, canaryReplicas: 2 }), withRollout({ ack: true })),
      decides: 'act acknowledge',
    },
    {
      title: 'Once the decision is made there is no next one',
      given: approvedWorld(),
      decides: 'nothing',
    },
  ])
})

describe('annotations: accept-data-loss', () => {
  const name = 'canary.example.com/accept-data-loss'
  const accepts = withResource({ acceptDataLoss: 'new' })
  const removed = (because: string) => [`Annotation ${name}=new was removed: ${because}`]
  checkRows(annotations, [
    {
      title: 'It counts while its migration may still be rolled back',
      given: world(approvedWorld(), migrating({ irreversible: true }), accepts),
      decides: 'nothing',
    },
    {
      title: 'It is removed when that is decided',
      given: world(rollingBackWorld(), migrating({ irreversible: true }), accepts),
      decides: 'act removeAnnotation',
      change: { name, value: 'new', heeded: true },
    },
    {
      title: 'With another revision it is removed with a word',
      given: world(
        approvedWorld(),
        migrating({ irreversible: true }),
        wanting('third'),
        withRollout({ to: 'third' }),
        accepts,
      ),
      decides: 'act removeAnnotation',
      tells: removed('the loss is accepted with the revision whose migration it is, third'),
    },
    {
      title: 'So it is where the migration can be taken back',
      given: world(approvedWorld(), migrating(), accepts),
      decides: 'act removeAnnotation',
      tells: removed('no migration that cannot be taken back is under way'),
    },
    {
      title: 'And at rest',
      given: world(stableWorld(), accepts),
      decides: 'act removeAnnotation',
      tells: removed('no migration that cannot be taken back is under way'),
    },
  ])
})
