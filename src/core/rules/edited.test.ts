import { describe } from 'vitest'
import { activeWorld, patchedWorld, returnedWorld, rollingBackWorld } from '../testing/rollout-worlds.ts'
import {
  newWorld,
  recordOf,
  stablePod,
  stableWorld,
  unready,
  withCanary,
  withClaimDeleting,
  withPods,
  withRecord,
  withRevisions,
  withRollout,
  withStable,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { edited } from './edited.ts'

const byHand = { template: 'kubectl-set' } as const
const byRolling = { updateStrategy: 'kubectl-patch' } as const
const lowered = world(patchedWorld(), withStable({ edits: byRolling, partition: 1 }))
const editedStable = withStable({ edits: byHand })
const editedCanary = withCanary({ edits: byHand })

describe('edited: the stable set', () => {
  checkRows(edited, [
    { title: 'Without a stable set the next rule is asked', given: newWorld(), decides: 'nothing' },
    { title: 'A template that we wrote is left alone', given: stableWorld(), decides: 'nothing' },
    {
      title: 'Replicas are counted by other rules',
      given: world(stableWorld(), withStable({ edits: { replicas: 'kubectl' } })),
      decides: 'nothing',
    },
    {
      title: 'An edited template is put back at rest, though its label says the right revision',
      given: world(stableWorld(), editedStable),
      decides: 'act putBackTemplate',
      change: { revision: 'old', partition: 0, ordinalsStart: 0 },
    },
    {
      title: 'One that has lost its label, too',
      given: world(stableWorld(), withStable({ edits: byHand, revision: '' })),
      decides: 'act putBackTemplate',
      change: { revision: 'old', partition: 0, ordinalsStart: 0 },
    },
    {
      title: 'A changed way of rolling is put back with it',
      given: world(stableWorld(), withStable({ edits: { updateStrategy: 'kubectl-patch' } })),
      decides: 'act putBackTemplate',
      change: { revision: 'old', partition: 0, ordinalsStart: 0 },
    },
    {
      title: 'A changed first ordinal, too: its pods would be on the claims of others',
      given: world(
        stableWorld({ start: 7 }),
        withStable({ edits: { ordinals: 'kubectl' }, ordinalsStart: 8 }),
      ),
      decides: 'act putBackTemplate',
      change: { revision: 'old', partition: 0, ordinalsStart: 7 },
    },
    {
      title: 'Before the first revision is proven, too',
      given: world(stableWorld(), withRecord({ proven: false }), editedStable),
      decides: 'act putBackTemplate',
    },
    {
      title: 'While a canary runs, the version before',
      given: world(activeWorld(), editedStable),
      decides: 'act putBackTemplate',
      change: { revision: 'old', partition: 0, ordinalsStart: 0 },
    },
    {
      title: 'In a promotion the new version, and no replica more',
      given: world(patchedWorld(), editedStable),
      decides: 'act putBackTemplate',
      change: { revision: 'new', partition: 2, ordinalsStart: 0 },
    },
    {
      title: 'A promotion that is no longer rolled goes on where it was, and not to its end',
      given: world(patchedWorld(), withStable({ edits: byRolling, partition: undefined })),
      decides: 'act putBackTemplate',
      change: { revision: 'new', partition: 2, ordinalsStart: 0 },
    },
    {
      title: 'So it is put back where nothing tells who did that',
      given: world(patchedWorld(), withStable({ partition: undefined })),
      decides: 'act putBackTemplate',
      change: { revision: 'new', partition: 2, ordinalsStart: 0 },
    },
    {
      title: 'A raised partition is put back: an evicted pod would come back on the version before',
      given: world(patchedWorld({}, 1), withStable({ edits: byRolling, partition: 3 })),
      decides: 'act putBackTemplate',
      change: { revision: 'new', partition: 1, ordinalsStart: 0 },
    },
    {
      title: 'A lowered one stays, for new code may have come that far, and the record says so',
      given: lowered,
      decides: 'act putBackTemplate',
      change: {
        revision: 'new',
        partition: 1,
        ordinalsStart: 0,
        record: recordOf(world(lowered, withRollout({ touched: 2 }))),
      },
    },
    {
      title: 'Once the template is the version before again, the partition withholds nothing',
      given: world(returnedWorld(), withStable({ edits: byRolling, partition: undefined })),
      decides: 'act putBackTemplate',
      change: { revision: 'old', partition: 0, ordinalsStart: 0 },
    },
    {
      title: 'Claims are retained first: putting the first ordinal back takes a pod away',
      given: world(
        stableWorld(),
        withStable({ edits: { ordinals: 'kubectl' }, ordinalsStart: 1, retains: false }),
      ),
      decides: 'act putBackSettings',
      change: { settings: true },
    },
    {
      title: 'A label that fits no version of the rollout is left to the other rules',
      given: world(activeWorld(), withStable({ edits: byHand, revision: 'third' })),
      decides: 'nothing',
    },
    {
      title: 'No pod is replaced while its claim is being deleted',
      given: world(stableWorld(), editedStable, withClaimDeleting(1)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'What is put back must be stored',
      given: world(activeWorld(), editedStable, withRevisions()),
      decides: 'wait RevisionMissing',
    },
  ])
})

describe('edited: what an edit that was put back has left', () => {
  const leftBy = (hash: string) => unready(stablePod(2, { revision: 'new', hash }))
  checkRows(edited, [
    {
      title: 'A pod of it that is not ready is replaced, in a promotion too',
      given: world(patchedWorld(), withPods(leftBy('edited'))),
      decides: 'act deletePod',
      change: { pod: { name: 'redis-stable-2', uid: 'redis-stable-2-uid' } },
    },
    {
      title: 'Not while its claim is being deleted',
      given: world(patchedWorld(), withPods(leftBy('edited')), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'One of the right template is left alone',
      given: world(patchedWorld(), withPods(leftBy('redis-stable-hash'))),
      decides: 'nothing',
    },
    {
      title: 'One of another version is for the rule that moves it',
      given: world(patchedWorld(), withPods(unready(stablePod(2, { hash: 'before' })))),
      decides: 'nothing',
    },
    {
      title: 'So is one beyond the set, beside it',
      given: world(patchedWorld(), withPods(leftBy('edited'), stablePod(3, { revision: 'new' }))),
      decides: 'nothing',
    },
  ])
})

describe('edited: the canary set', () => {
  checkRows(edited, [
    { title: 'A canary as we made it is left alone', given: activeWorld(), decides: 'nothing' },
    {
      title: 'An edited one is taken away, so that nobody approves what is not the new version',
      given: world(activeWorld(), editedCanary),
      decides: 'act emptyCanary',
    },
    {
      title: 'Where a decision has been made it goes anyway',
      given: world(rollingBackWorld(), editedCanary),
      decides: 'nothing',
    },
  ])
})
