import { describe } from 'vitest'
import { activeWorld, patchedWorld, rollingBackWorld } from '../testing/rollout-worlds.ts'
import {
  newWorld,
  stableWorld,
  withCanary,
  withClaimDeleting,
  withRecord,
  withRevisions,
  withStable,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { edited } from './edited.ts'

const byHand = { template: 'kubectl-set' } as const
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
