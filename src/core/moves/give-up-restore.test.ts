import { describe } from 'vitest'
import type { ClaimView, KeptVolumeView, Observation, PodView, SnapshotView } from '../observation.ts'
import { force } from '../rules/force.ts'
import { orphan } from '../rules/orphan.ts'
import { rollBack } from '../rules/roll-back.ts'
import { terminating } from '../rules/terminating.ts'
import { decide } from '../rules/decide.ts'
import { returnedWorld, rolledOutWorld } from '../testing/rollout-worlds.ts'
import {
  aClaim,
  type Change,
  now,
  recordOf,
  type Revision,
  stablePod,
  unready,
  wanting,
  withClaims,
  withoutClaim,
  withoutPods,
  withPods,
  withResource,
  withRollout,
  withSpec,
  withStable,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'

const claim = 'data-redis-stable-2'
const snapshot = `${claim}-resource-3`
const original = aClaim(2, { volume: 'volume-1' })
const restored = aClaim(2, { uid: 'restored-uid', source: snapshot })
const remade = aClaim(2, { uid: 'remade-uid', volume: 'volume-1' })

/** It was decided to restore claim 2, and the canary is gone. */
function restoring(...changes: readonly Change[]): Observation {
  return world(rolledOutWorld(), ...snapshotted, withClaims(original), ...changes)
}

/** The same, and the replicas are back. */
function returned(...changes: readonly Change[]): Observation {
  return world(returnedWorld(), ...snapshotted, withClaims(restored), withKept(), ...changes)
}

const taken: SnapshotView = {
  name: snapshot,
  uid: 'snapshot-uid',
  claim,
  claimUid: original.uid,
  attempt: 3,
  createdAt: now,
  deleting: false,
  ready: true,
}

const snapshotted: readonly Change[] = [
  withRollout({ snapshotClasses: { data: 'csi' }, snapshots: { [claim]: taken.uid }, restores: true }),
  withSpec({ snapshots: { policy: 'Required', keep: 1 } }),
  withSnapshots(taken),
]

function withSnapshots(...snapshots: readonly SnapshotView[]): Change {
  return (before) => ({ ...before, snapshots })
}

function withKept(changes: Partial<KeptVolumeView> = {}): Change {
  const kept = {
    name: 'volume-1',
    uid: 'volume-uid',
    resourceVersion: '100',
    claim,
    claimUid: original.uid,
    attempt: 3,
    retains: true,
    free: false,
    released: true,
    keptAt: now,
    ...changes,
  }
  return (before) => ({ ...before, keptVolumes: [kept] })
}

const givenUp = withRollout({ unrestored: [2] })
const keepData = withSpec({ onRollback: 'KeepData' })
const refOf = ({ name, uid, resourceVersion }: ClaimView) => ({ name, uid, resourceVersion })

describe('A claim is restored, one write a visit', () => {
  checkRows(rollBack, [
    {
      title: 'Its volume is kept',
      given: restoring(),
      decides: 'act keepVolume',
      change: { volume: 'volume-1', claim: { name: claim, uid: original.uid }, attempt: 3 },
    },
    {
      title: 'It is deleted as it is',
      given: restoring(withKept()),
      decides: 'act deleteClaim',
      change: { claim: refOf(original) },
    },
    {
      title: 'It is made again of the snapshot',
      given: restoring(withKept(), withoutClaim(2)),
      decides: 'act createClaim',
      change: { claim, volume: 'volume-1', snapshot: { name: snapshot, uid: taken.uid } },
    },
    {
      title: 'One that a person has deleted, volume and all, is not made anew, empty',
      given: restoring(withoutClaim(2)),
      decides: 'wait RestoreBlocked',
    },
    {
      title: 'Then the replicas come back',
      given: restoring(withKept(), withClaims(restored)),
      decides: 'act returnReplicas',
    },
    {
      title: 'No replica is taken from a claim that is being deleted to make room for a restore',
      given: world(returned(withClaims(original), withoutKept), withClaims(aClaim(0, { deleting: true }))),
      decides: 'wait ClaimDeleting',
    },
  ])
})

function withoutKept(before: Observation): Observation {
  return { ...before, keptVolumes: [] }
}

const longDecided = { started: 0, stepped: 0, decided: 0 }

const isGivenUp = [
  `Claim ${claim} is not restored; it gets its volume back as redis:7 left it. What was there before stays, until you delete it: VolumeSnapshot ${claim}-resource-3`,
]

describe('A restore is given up', () => {
  checkRows(rollBack, [
    {
      title: 'Where no volume was made in time; the replica leaves in the same write',
      given: returned(withPods(unready(stablePod(2, { phase: 'Pending' }), now - 3_600_000))),
      decides: 'act giveUpRestore',
      tells: isGivenUp,
    },
    {
      title: 'Not where no node was found for it: its storage was never asked',
      given: returned(
        withPods(unready(stablePod(2, { phase: 'Pending', unschedulable: true }), now - 3_600_000)),
      ),
      decides: 'wait RollbackBlocked',
    },
    {
      title: 'But where its storage was asked, and the scheduler waits for that',
      given: returned(
        withClaims({ ...restored, asked: true }),
        withPods(unready(stablePod(2, { phase: 'Pending', unschedulable: true }), now - 3_600_000)),
      ),
      decides: 'act giveUpRestore',
      tells: isGivenUp,
    },
    {
      title: 'Of a claim that is gone, volume and all, nothing can be given back',
      given: restoring(keepData, withoutClaim(2)),
      decides: 'wait RestoreBlocked',
    },
    {
      title: 'Before that the rollback is not left for another version: nobody would do it afterwards',
      given: returned(wanting('third'), withoutPods('redis-stable-2'), withRollout({ at: longDecided })),
      decides: 'wait RollbackBlocked',
    },
    {
      title: 'Where a person would rather keep the data',
      given: restoring(keepData),
      decides: 'act giveUpRestore',
      tells: isGivenUp,
    },
    {
      title: 'One whose volume comes in time after all is restored: a replica may have written to it',
      given: restoring(givenUp, withKept(), withClaims({ ...restored, volume: 'volume-2' })),
      decides: 'act returnReplicas',
    },
    {
      title: 'Else it is deleted',
      given: restoring(givenUp, withKept(), withClaims(restored)),
      decides: 'act deleteClaim',
      change: { claim: refOf(restored) },
    },
    {
      title: 'While the claim that had the volume goes, nobody comes back',
      given: restoring(givenUp, withKept(), withClaims({ ...original, deleting: true })),
      decides: 'wait RollingBack',
    },
    {
      title: 'It goes even where nothing was deleted yet: a dead leader may have said so',
      given: restoring(givenUp, withKept()),
      decides: 'act deleteClaim',
      change: { claim: refOf(original) },
    },
    {
      title: 'Its volume is freed',
      given: restoring(givenUp, withKept(), withoutClaim(2)),
      decides: 'act freeVolume',
      change: { volume: { name: 'volume-1', uid: 'volume-uid', resourceVersion: '100' } },
    },
    {
      title: 'It is made again with it',
      given: restoring(givenUp, withKept({ free: true }), withoutClaim(2)),
      decides: 'act createClaim',
      change: { claim, volume: 'volume-1' },
    },
    {
      title: 'Then the replicas come back',
      given: restoring(givenUp, withKept(), withClaims(remade)),
      decides: 'act returnReplicas',
    },
  ])
})

describe('A claim that was made again, and whose storage is never asked for its volume', () => {
  const nowhere = (changes: Partial<PodView> = {}, since = now - 3_600_000) =>
    withPods(unready(stablePod(2, { phase: 'Pending', unschedulable: true, ...changes }), since))
  const keep = `kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"volumes":{"onRollback":"KeepData"}}}'`
  const holds =
    'The rollback holds: redis-stable-2 finds no node (look at its events), and its claim data-redis-stable-2 has no volume yet. '
  const forced = (to: Revision) => [wanting(to), withResource({ force: to })]
  const record = recordOf(returned())
  checkRows(rollBack, [
    {
      title: 'What is said has a way out',
      given: returned(nowhere()),
      decides: 'wait RollbackBlocked',
      says: `${holds}Mend that, and it goes on by itself. To give claim ${claim} the volume that was kept of it, as redis:7 left that: ${keep}`,
    },
    {
      title: 'So has it where another version is asked for meanwhile',
      given: returned(nowhere(), wanting('third')),
      decides: 'wait RollbackBlocked',
      says:
        `${holds}To go straight to redis:8, every replica and no canary: kubectl annotate canarystatefulset redis -n default canary.example.com/force=third. ` +
        `To give claim ${claim} the volume that was kept of it, as redis:7 left that: ${keep}`,
    },
    {
      title: 'It gets the volume back that was kept where a person would rather have that',
      given: returned(nowhere(), keepData),
      decides: 'act giveUpRestore',
      change: { record: { ...record, rollout: { ...record.rollout, unrestored: [2] } }, replicas: 2 },
      tells: isGivenUp,
    },
    {
      title: 'At once, without its time',
      given: returned(nowhere({}, now), keepData),
      decides: 'act giveUpRestore',
      tells: isGivenUp,
    },
    {
      title: 'One that has a volume by now is restored, and stays',
      given: returned(withClaims({ ...restored, volume: 'volume-new' }), nowhere(), keepData),
      decides: 'wait RollbackBlocked',
      says: 'The rollback holds: redis-stable-2 finds no node (look at its events). Its claim is kept as it is. Mend that, and it goes on by itself.',
    },
    {
      title: 'So does one of which nothing is kept: there is nothing to give back',
      given: returned(withoutKept, nowhere(), keepData),
      decides: 'wait RollbackBlocked',
    },
  ])
  checkRows(force, [
    {
      title: 'Forced to the new version: nobody would give it its volume back afterwards',
      given: returned(...forced('new'), nowhere()),
      decides: 'act giveUpRestore',
      change: { record: { ...record, rollout: { ...record.rollout, unrestored: [2] } }, replicas: 2 },
      tells: isGivenUp,
    },
    {
      title: 'And to a third one',
      given: returned(...forced('third'), nowhere()),
      decides: 'act giveUpRestore',
      tells: isGivenUp,
    },
    {
      title: 'It has its time',
      given: returned(...forced('new'), nowhere({}, now - 60_000)),
      decides: 'wait Forcing',
      says: `Forcing redis:7, every replica and no canary: waiting until the storage makes the volume of claim ${claim} (what it says: kubectl describe pvc ${claim} -n default).`,
      wakeAt: now + 540_000,
    },
    {
      title: 'Then its claim goes, and gets the volume that was kept',
      given: restoring(...forced('new'), givenUp, withKept(), withClaims(restored)),
      decides: 'act deleteClaim',
      change: { claim: refOf(restored) },
    },
    {
      title: 'With that it goes straight in',
      given: restoring(...forced('new'), givenUp, withKept(), withClaims(remade)),
      decides: 'ask stableSet',
    },
    {
      title: 'With a volume it goes straight in',
      given: returned(...forced('new'), withClaims({ ...restored, volume: 'volume-new' }), nowhere()),
      decides: 'ask stableSet',
    },
    {
      title: 'Where no replica asks for its volume nothing would come of waiting',
      given: returned(...forced('new'), withoutPods('redis-stable-2')),
      decides: 'ask stableSet',
    },
  ])
})

describe('Who reverts what had failed does not forget what is on its way', () => {
  const { rollout, ...kept } = recordOf(restoring())
  const failed = restoring(withKept(), withoutClaim(2), keepData)
  checkRows(decide, [
    {
      title: 'Not even where the data is to be kept by now',
      given: world(failed, wanting('old')),
      decides: 'act recordDecision',
      change: {
        record: { ...kept, rollout: { ...rollout, cause: 'reverted' } },
      },
    },
  ])
})

describe('Who leaves a rollback makes the claims again that are away', () => {
  const forced = [wanting('new'), withResource({ force: 'new' })]
  checkRows(force, [
    {
      title: 'Of the snapshot',
      given: restoring(...forced, withKept(), withoutClaim(2)),
      decides: 'act createClaim',
      change: { claim, volume: 'volume-1', snapshot: { name: snapshot, uid: taken.uid } },
    },
    {
      title: 'One whose deletion may be under way is deleted before that',
      given: restoring(...forced, withKept()),
      decides: 'act deleteClaim',
      change: { claim: refOf(original) },
    },
    {
      title: 'One that has its volume again since the snapshot is gone stays',
      given: restoring(...forced, withKept(), withClaims(remade), withSnapshots()),
      decides: 'ask stableSet',
    },
    {
      title: 'One that is being deleted is waited for',
      given: restoring(...forced, withKept(), withClaims({ ...original, deleting: true })),
      decides: 'wait Forcing',
    },
    {
      title: 'So is the replica that leaves it',
      given: restoring(...forced, givenUp, withKept(), withClaims(restored), withPods(leavingPod())),
      decides: 'wait Forcing',
    },
    {
      title: 'One that a replica stays on is left to it',
      given: world(returned(...forced, withClaims(original)), withStable({ replicas: 3 })),
      decides: 'ask stableSet',
    },
  ])
  checkRows(terminating, [
    {
      title: 'Where the resource is deleted, too',
      given: restoring(withResource({ deleting: true }), withKept(), withoutClaim(2)),
      decides: 'act createClaim',
      change: { claim, volume: 'volume-1', snapshot: { name: snapshot, uid: taken.uid } },
    },
  ])
})

function leavingPod() {
  return stablePod(2, { deleting: true })
}

describe('Whose replicas are to stay', () => {
  const deleted = [withResource({ deleting: true }), withSpec({ deletionPolicy: 'Orphan' })]
  checkRows(orphan, [
    {
      title: 'They get their data back first',
      given: restoring(...deleted),
      decides: 'act keepVolume',
    },
    {
      title:
        'Or what the new version left, where a person says so: a restore that is blocked would hold the deletion for ever',
      given: restoring(...deleted, keepData, withSnapshots()),
      decides: 'act giveUpRestore',
      tells: [`Claim ${claim} is not restored; it gets its volume back as redis:7 left it`],
    },
  ])
})
