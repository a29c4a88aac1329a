import { describe, expect, it } from 'vitest'
import { factsOf } from '../facts.ts'
import type { ClaimView, Observation } from '../observation.ts'
import {
  aClaim,
  aKeptVolume,
  aReplicaJob,
  aSnapshot,
  backingUp,
  type Change,
  foreignPod,
  jobPod,
  minute,
  now,
  second,
  snapshotting,
  stablePod,
  unready,
  wanting,
  withAnswers,
  withClaims,
  withKeptVolumes,
  withoutClaim,
  withoutPods,
  withPods,
  withReplicaJobs,
  withResource,
  withRollout,
  withSnapshots,
  withSpec,
  withStable,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { activeWorld, patchedWorld, returnedWorld, rolledOutWorld } from '../testing/rollout-worlds.ts'
import { decide } from '../rules/decide.ts'
import { force } from '../rules/force.ts'
import { orphan } from '../rules/orphan.ts'
import { rollBack } from '../rules/roll-back.ts'
import { terminating } from '../rules/terminating.ts'
import { wayBack } from '../volumes/way-back.ts'

const claim = 'data-redis-stable-2'
const snapshot = `${claim}-resource-3`
const original = aClaim(2, { volume: 'volume-2' })
const restored = aClaim(2, { uid: 'restored-uid', source: snapshot, volume: 'volume-new' })
const given = aClaim(2, { uid: 'given-uid', volume: 'volume-2' })
const ref = { name: claim, uid: original.uid }
const kept = withKeptVolumes(aKeptVolume(2))
const revoked = withKeptVolumes(aKeptVolume(2, { retains: false, released: false }))

/** Deleted then, and kept by somebody else's finalizer. */
function leaving(deletingSince: number): ClaimView {
  return { ...original, deleting: true, deletingSince, finalizer: 'example.org/audit' }
}

const snapshotsOff = withSpec({ snapshots: { policy: 'None', keep: 1 } })

/** The canary is gone, and what it wrote is to be taken back. */
function restoring(...changes: readonly Change[]): Observation {
  return world(
    rolledOutWorld(),
    snapshotting(2),
    withRollout({ restores: true }),
    withClaims(original),
    ...changes,
  )
}

/** What the new version wrote can still be had. */
const blocked = (trouble: string) =>
  `${standing(trouble)} To let the old version open the data as it is: kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"volumes":{"onRollback":"KeepData"}}}'. ` +
  'Or go on with redis:7, which wrote to it: ask for it again, and kubectl annotate canarystatefulset redis -n default canary.example.com/force=new'
const standing = (trouble: string, opens = false) =>
  `Claim ${claim} cannot be restored: ${trouble}. Its replica stays away until that is mended.` +
  (opens
    ? ` To let the old version open what that claim has: kubectl patch canarystatefulset redis -n default --type merge -p '{"spec":{"volumes":{"onRollback":"KeepData"}}}'`
    : '')
const withoutSnapshots: Change = (before) => ({ ...before, snapshots: [] })

describe('a restore, from objects alone', () => {
  checkRows(rollBack, [
    {
      title: 'The volume is kept first',
      given: restoring(),
      decides: 'act keepVolume',
      change: { volume: 'volume-2', claim: ref, attempt: 3 },
    },
    {
      title: 'Then its claim goes, as it is',
      given: restoring(kept),
      decides: 'act deleteClaim',
      change: { claim: { ...ref, resourceVersion: '100' } },
    },
    {
      title: 'One that another attempt kept is not it',
      given: restoring(withKeptVolumes(aKeptVolume(2, { attempt: 2 }))),
      decides: 'act keepVolume',
    },
    {
      title: 'Nor is one that somebody has given another reclaim policy since: it is kept again',
      given: restoring(revoked),
      decides: 'act keepVolume',
      change: { volume: 'volume-2', claim: ref, attempt: 3 },
    },
    {
      title: 'Also where the claim is on its way already',
      given: restoring(revoked, withClaims({ ...original, deleting: true })),
      decides: 'act keepVolume',
    },
    {
      title: 'No pod that still holds the claim is taken away then',
      given: restoring(
        revoked,
        withClaims({ ...original, deleting: true }),
        withPods(jobPod(2, { phase: 'Succeeded', deleting: false })),
      ),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'Where that is refused its claim stays',
      given: restoring(
        revoked,
        withAnswers({ volume: { yes: false, message: 'volume-2 is theirs', askAgainAt: now + minute } }),
      ),
      decides: 'wait RestoreBlocked',
      says: standing('its volume cannot be kept: volume-2 is theirs'),
      wakeAt: now + minute,
    },
    {
      title: 'Where it never was kept, what is there can still be had',
      given: restoring(
        withAnswers({ volume: { yes: false, message: 'volume-2 is theirs', askAgainAt: now + minute } }),
      ),
      decides: 'wait RestoreBlocked',
      says: blocked('its volume cannot be kept: volume-2 is theirs'),
      wakeAt: now + minute,
    },
    {
      title: 'It is asked again',
      given: restoring(withAnswers({ volume: { yes: false, message: 'no', askAgainAt: now } })),
      decides: 'ask volume',
      question: { kind: 'volume', order: { volume: 'volume-2', claim: ref, attempt: 3 } },
    },
    {
      title: 'And kept once it can be',
      given: restoring(withAnswers({ volume: { yes: true, warnings: [] } })),
      decides: 'act keepVolume',
    },
    {
      title: 'Until it is gone nothing is made',
      given: restoring(kept, withClaims({ ...original, deleting: true })),
      decides: 'wait RollingBack',
    },
    {
      title: "One that somebody else's finalizer keeps is given the time that all have",
      given: restoring(kept, withClaims(leaving(now - minute))),
      decides: 'wait RollingBack',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'Then people are told whose it is',
      given: restoring(kept, withClaims(leaving(now - 10 * minute))),
      decides: 'wait RestoreBlocked',
      says: standing(
        'it was deleted, its volume is kept, and finalizer example.org/audit does not let it go. ' +
          'Find out who set example.org/audit; where they are gone for good, take it out of its metadata.finalizers',
      ),
    },
    {
      title: 'It is made again from the snapshot',
      given: restoring(kept, withoutClaim(2)),
      decides: 'act createClaim',
      change: { claim, volume: 'volume-2', snapshot: { name: snapshot, uid: aSnapshot(2).uid } },
    },
    {
      title: 'Only then stable gets its replicas back',
      given: restoring(kept, withClaims(restored)),
      decides: 'act returnReplicas',
    },
    {
      title: 'A claim that somebody else put there meanwhile is left alone, and no replica starts on it',
      given: restoring(kept, withClaims(aClaim(2, { uid: 'other', volume: 'theirs' }))),
      decides: 'wait RestoreBlocked',
      says: standing('somebody else made a claim of that name meanwhile; delete it, if nothing in it counts'),
    },
    {
      title: 'Nor where the data is to be kept by now',
      given: restoring(
        kept,
        withClaims(aClaim(2, { uid: 'other', volume: 'theirs' })),
        withRollout({ unrestored: [2] }),
      ),
      decides: 'wait RestoreBlocked',
    },
    {
      title: 'Nor on one that was exchanged before anything was kept',
      given: restoring(withClaims(aClaim(2, { uid: 'other', volume: 'theirs' }))),
      decides: 'wait RestoreBlocked',
      says: standing(
        'somebody else made a claim of that name meanwhile, and the volume of the one before is not kept',
        true,
      ),
    },
    {
      title: 'Which helps: the data as it is will do',
      given: restoring(
        withClaims(aClaim(2, { uid: 'other', volume: 'theirs' })),
        withSpec({ onRollback: 'KeepData' }),
      ),
      decides: 'act giveUpRestore',
      tells: [
        `Claim ${claim} is not restored; it gets its volume back as redis:7 left it. What was there before stays, until you delete it: VolumeSnapshot ${claim}-resource-3`,
      ],
    },
    {
      title: 'Be it one that has no volume yet: its replica would start on an empty one',
      given: restoring(withClaims(aClaim(2, { uid: 'other' }))),
      decides: 'wait RestoreBlocked',
    },
    {
      title: 'Also where the snapshot is gone that would tell',
      given: world(restoring(withClaims(aClaim(2, { uid: 'other' }))), (before) => ({
        ...before,
        snapshots: [],
      })),
      decides: 'wait RestoreBlocked',
    },
    {
      title: 'Unless the data as it is will do',
      given: restoring(
        withClaims(aClaim(2, { uid: 'other', volume: 'theirs' })),
        withSpec({ onRollback: 'KeepData' }),
        withRollout({ unrestored: [2] }),
      ),
      decides: 'act returnReplicas',
    },
    {
      title: 'A claim that was made from the snapshot is restored, also where what was kept was let go of',
      given: restoring(withClaims(restored)),
      decides: 'act returnReplicas',
    },
    {
      title: 'So is one that has got its kept volume back',
      given: restoring(kept, withClaims(given)),
      decides: 'act returnReplicas',
    },
    {
      title: 'A claim without a volume was never written to',
      given: restoring(withClaims(aClaim(2))),
      decides: 'act returnReplicas',
    },
    {
      title: 'Nor was one of which no snapshot was taken',
      given: restoring(withRollout({ snapshots: {} }), withClaims(aClaim(2))),
      decides: 'act returnReplicas',
    },
    {
      title: 'Where it was not decided nothing is restored',
      given: world(
        rolledOutWorld(),
        snapshotting(2),
        withClaims(original),
        withSpec({ onRollback: 'KeepData' }),
      ),
      decides: 'act returnReplicas',
    },
    {
      title: 'A claim that was not touched stays',
      given: restoring(withRollout({ touched: 0 })),
      decides: 'act returnReplicas',
    },
  ])
})

describe('a restore that has to wait', () => {
  checkRows(rollBack, [
    {
      title: 'A set that wants the claim would make it anew, empty: it gives its replica up first',
      given: restoring(kept, withStable({ replicas: 3 })),
      decides: 'act restoreDisplacement',
      change: { replicas: 2 },
    },
    {
      title: 'And the replica is gone',
      given: restoring(kept, withPods(stablePod(2, { deleting: true }))),
      decides: 'wait RollingBack',
    },
    {
      title: 'And its controller has seen that',
      given: restoring(kept, withStable({ observed: false })),
      decides: 'wait RollingBack',
    },
    {
      title:
        'One that took the very volume that was kept of it is no restored one: it goes, and the volume stays',
      given: restoring(kept, withClaims({ ...restored, volume: 'volume-2' })),
      decides: 'act deleteClaim',
    },
    {
      title: 'One that a person has made again of the snapshot, where no volume was kept, is what was wanted',
      given: restoring(withClaims(aClaim(2, { uid: 'restored-uid', source: snapshot }))),
      decides: 'act returnReplicas',
    },
    {
      title: 'A claim that the API server has refused is said, and asked for again',
      given: restoring(
        kept,
        withoutClaim(2),
        withAnswers({ claim: { yes: false, message: 'exceeded quota', askAgainAt: now + minute } }),
      ),
      decides: 'wait RestoreBlocked',
      says: standing('the API server refuses it: exceeded quota'),
      wakeAt: now + minute,
    },
    {
      title: 'Then it is tried once more',
      given: restoring(kept, withoutClaim(2), withAnswers({ claim: { yes: true, warnings: [] } })),
      decides: 'act createClaim',
    },
    {
      title: 'A user of a claim that is going is named: it would wait for ever',
      given: restoring(kept, withClaims({ ...original, deleting: true }), withPods(foreignPod(2))),
      decides: 'wait RestoreBlocked',
      says: standing('pod debug uses it; delete that pod'),
    },
    {
      title: 'A stranger on the claim',
      given: restoring(kept, withPods(foreignPod(2))),
      decides: 'wait RestoreBlocked',
      says: standing('pod debug uses it; delete that pod'),
    },
    {
      title: 'The snapshot is gone: nothing is touched',
      given: world(restoring(), (before) => ({ ...before, snapshots: [] })),
      decides: 'wait RestoreBlocked',
      says: blocked(`VolumeSnapshot ${snapshot}, taken before the new version could write, is missing`),
    },
    {
      title: 'None was taken, since replicas that a stranger had scaled away came back as the set likes',
      given: restoring(withRollout({ snapshots: {} })),
      decides: 'wait RestoreBlocked',
      says: blocked('no snapshot of it was taken before the new version could write'),
    },
    {
      title: 'One of its name that was not recorded is another one',
      given: restoring(withSnapshots(aSnapshot(2, { uid: 'later' }))),
      decides: 'wait RestoreBlocked',
    },
    {
      title: 'One that is going',
      given: restoring(withSnapshots(aSnapshot(2, { deleting: true }))),
      decides: 'wait RestoreBlocked',
      says: blocked(`VolumeSnapshot ${snapshot} is being deleted`),
    },
    {
      title: 'One that is there, and not ready any more, is not missing',
      given: restoring(withSnapshots(aSnapshot(2, { ready: false }))),
      decides: 'wait RestoreBlocked',
      says: blocked(
        `VolumeSnapshot ${snapshot} is not ready any more (look at its events); once it is, this goes on by itself`,
      ),
    },
    {
      title: 'A claim that a person is deleting',
      given: restoring(withClaims({ ...original, deleting: true })),
      decides: 'wait RestoreBlocked',
      says: standing('it is being deleted'),
    },
    {
      title: "One that somebody else's finalizer keeps then",
      given: restoring(withClaims(leaving(now))),
      decides: 'wait RestoreBlocked',
      says: standing(
        'it is being deleted, and finalizer example.org/audit keeps it. ' +
          'Find out who set example.org/audit; where they are gone for good, take it out of its metadata.finalizers',
      ),
    },
    {
      title: 'A claim that is missing, and that nobody kept',
      given: restoring(withoutClaim(2)),
      decides: 'wait RestoreBlocked',
      says: standing(
        `it is gone, and no volume of it is kept; make a claim of that name, of VolumeSnapshot ${snapshot}`,
      ),
    },
    {
      title: 'Its snapshot is gone, too',
      given: restoring(withoutClaim(2), withoutSnapshots),
      decides: 'wait RestoreBlocked',
      says: standing(
        'it is gone, and no volume of it is kept; make a claim of that name, with its data',
        true,
      ),
    },
    {
      title: 'Or goes, or is not ready any more: no claim that a person makes of it would get a volume',
      given: restoring(withoutClaim(2), withSnapshots(aSnapshot(2, { ready: false }))),
      decides: 'wait RestoreBlocked',
      says: standing(
        'it is gone, and no volume of it is kept; make a claim of that name, with its data',
        true,
      ),
    },
    {
      title: 'What a person has made then is opened where they say so: first it is given up',
      given: restoring(
        withClaims(aClaim(2, { uid: 'by-hand', volume: 'by-hand' })),
        withoutSnapshots,
        withSpec({ onRollback: 'KeepData' }),
      ),
      decides: 'act giveUpRestore',
      tells: [`Claim ${claim} is not restored; it gets its volume back as redis:7 left it`],
    },
    {
      title: 'And then the replica is back',
      given: restoring(
        withClaims(aClaim(2, { uid: 'by-hand', volume: 'by-hand' })),
        withoutSnapshots,
        withSpec({ onRollback: 'KeepData' }),
        withRollout({ unrestored: [2] }),
      ),
      decides: 'act returnReplicas',
    },
    {
      title: 'By a Job it is backed up, and nobody makes a claim of that: with its data',
      given: world(rolledOutWorld(), backingUp(2), withRollout({ restores: true }), withoutClaim(2)),
      decides: 'wait RestoreBlocked',
      says: standing(
        'it is gone, and no volume of it is kept; make a claim of that name, with its data',
        true,
      ),
    },
  ])
})

describe('a claim that was made anew, and that Kubernetes bound to a volume that is kept of another one', () => {
  const ofOther = aKeptVolume(1, { name: 'volume-of-1', uid: 'volume-of-1-uid' })
  const ofBefore = aKeptVolume(2, {
    name: 'volume-of-2',
    uid: 'volume-of-2-uid',
    attempt: 2,
    claimUid: 'before',
  })
  const ofFirst = aKeptVolume(2, { name: 'first', uid: 'first-uid', restored: true, claimUid: 'first' })
  const on = (volume: string) => withClaims({ ...restored, volume })
  const others = withKeptVolumes(aKeptVolume(2), ofOther, ofBefore, ofFirst)
  const keepData = withSpec({ onRollback: 'KeepData' })
  const { name: backup } = aReplicaJob('backup', 2)
  const byJob = (...changes: readonly Change[]) =>
    world(
      rolledOutWorld(),
      backingUp(2),
      withRollout({ restores: true }),
      withReplicaJobs(aReplicaJob('backup', 2, { outcome: 'complete' })),
      others,
      ...changes,
    )
  checkRows(rollBack, [
    {
      title: "Another replica's: nothing starts on it, and nothing is deleted",
      given: restoring(others, on('volume-of-1')),
      decides: 'wait RestoreBlocked',
      says: standing(
        'it was made anew, and Kubernetes bound it to volume volume-of-1, which is kept of claim data-redis-stable-1. ' +
          'To let go of that volume, which stays, and have the claim made once more: ' +
          `kubectl patch pv volume-of-1 --type merge -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'; kubectl delete pvc ${claim} -n default`,
      ),
    },
    {
      title: 'One of an earlier attempt',
      given: restoring(others, on('volume-of-2')),
      decides: 'wait RestoreBlocked',
      says: standing(
        'it was made anew, and Kubernetes bound it to volume volume-of-2, which is kept of it from an earlier restore. ' +
          'To let go of that volume, which stays, and have the claim made once more: ' +
          `kubectl patch pv volume-of-2 --type merge -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'; kubectl delete pvc ${claim} -n default`,
      ),
    },
    {
      title: 'One that was restored before in this attempt, and given up',
      given: restoring(others, on('first')),
      decides: 'wait RestoreBlocked',
    },
    {
      title: 'Where the replica was back before the volume was bound, it is taken away again',
      given: world(
        returnedWorld(),
        snapshotting(2),
        withRollout({ restores: true }),
        others,
        on('volume-of-1'),
      ),
      decides: 'act restoreDisplacement',
      change: { replicas: 2 },
    },
    {
      title: 'Nor where its restore is given up, be its own volume gone',
      given: restoring(
        withKeptVolumes(ofOther),
        on('volume-of-1'),
        keepData,
        withRollout({ unrestored: [2] }),
      ),
      decides: 'wait RestoreBlocked',
    },
    {
      title: 'Nor is it filled by a Job',
      given: byJob(withClaims({ ...restored, source: backup, volume: 'volume-of-1' })),
      decides: 'wait RestoreBlocked',
    },
    {
      title: 'Nor used where a Job was quicker',
      given: byJob(
        withClaims({ ...restored, source: backup, volume: 'volume-of-1' }),
        withRollout({ restored: { [claim]: restored.uid } }),
      ),
      decides: 'wait RestoreBlocked',
    },
    {
      title: 'Its own, that it had since an earlier attempt, is no strange one',
      given: restoring(
        withKeptVolumes(aKeptVolume(2, { attempt: 2, claimUid: 'before' })),
        withClaims(original),
      ),
      decides: 'act keepVolume',
    },
  ])
  checkRows(terminating, [
    {
      title: 'Its resource is deleted: it is left as it is',
      given: restoring(others, on('volume-of-1'), withResource({ deleting: true })),
      decides: 'act emptyStable',
    },
  ])
  const forced = (target: 'new' | 'third') => [wanting(target), withResource({ force: target })]
  checkRows(force, [
    {
      title: 'No version is forced on it, the new one as little',
      given: restoring(others, on('volume-of-1'), ...forced('new')),
      decides: 'wait RestoreBlocked',
    },
    {
      title: 'as another one',
      given: restoring(others, on('volume-of-1'), ...forced('third')),
      decides: 'wait RestoreBlocked',
    },
    {
      title: 'Once somebody deletes it, that is waited for',
      given: restoring(
        others,
        withClaims({ ...restored, volume: 'volume-of-1', deleting: true }),
        ...forced('new'),
      ),
      decides: 'wait ClaimDeleting',
    },
    {
      title: 'And it is made again',
      given: restoring(others, withoutClaim(2), ...forced('new')),
      decides: 'act createClaim',
    },
  ])
})

describe('a restore that is given up', () => {
  const unbound = aClaim(2, { uid: 'restored-uid', source: snapshot })
  const hopeless = unready(stablePod(2), now - 10 * minute)
  const waiting = world(
    returnedWorld(),
    snapshotting(2),
    withRollout({ restores: true }),
    withClaims(unbound),
    kept,
  )
  const givenUp = [
    `Claim ${claim} is not restored; it gets its volume back as redis:7 left it. What was there before stays, until you delete it: VolumeSnapshot ${claim}-resource-3`,
  ]
  checkRows(rollBack, [
    {
      title: 'Nothing was provisioned in time',
      given: world(waiting, withPods({ ...hopeless, phase: 'Pending' })),
      decides: 'act giveUpRestore',
      tells: givenUp,
    },
    {
      title: 'It has its time, and what is waited for is said',
      given: world(waiting, withPods({ ...unready(stablePod(2), now - 9 * minute), phase: 'Pending' })),
      decides: 'wait RollingBack',
      says: `Rolling back redis:7 (its canary failed): waiting until the storage makes the volume of claim ${claim} (what it says: kubectl describe pvc ${claim} -n default).`,
      wakeAt: now + minute,
    },
    {
      title: 'Not before it takes long',
      given: world(waiting, withPods({ ...unready(stablePod(2), now - second), phase: 'Pending' })),
      decides: 'wait RollingBack',
      says: 'Rolling back redis:7 (its canary failed): waiting until every replica is available on redis:6.',
      wakeAt: now + minute - second,
    },
    {
      title: 'Nor where the volume is there',
      given: world(
        waiting,
        withClaims({ ...unbound, volume: 'volume-new' }),
        withPods({ ...unready(stablePod(2), now - 9 * minute), phase: 'Pending' }),
      ),
      decides: 'wait RollingBack',
      says: 'Rolling back redis:7 (its canary failed): waiting until every replica is available on redis:6.',
      wakeAt: now + minute,
    },
    {
      title: 'A person would rather have what the new version wrote',
      given: restoring(withSpec({ onRollback: 'KeepData' })),
      decides: 'act giveUpRestore',
      tells: givenUp,
    },
    {
      title: 'All claims that are given up are named',
      given: restoring(
        withSpec({ onRollback: 'KeepData', claimTemplates: ['data', 'log', 'more'] }),
        withClaims(
          aClaim(2, { name: 'log-redis-stable-2', volume: 'log' }),
          aClaim(2, { name: 'more-redis-stable-2', volume: 'more' }),
        ),
      ),
      decides: 'act giveUpRestore',
      tells: [
        'Claims data-redis-stable-2, log-redis-stable-2 and more-redis-stable-2 are not restored; they get their volumes back as redis:7 left them. What was there before stays, until you delete it: VolumeSnapshot data-redis-stable-2-resource-3',
      ],
    },
    {
      title: 'Nothing had begun: the claim stays as it is',
      given: restoring(withSpec({ onRollback: 'KeepData' }), withRollout({ unrestored: [2] })),
      decides: 'act returnReplicas',
    },
    {
      title: 'The claim that was never provisioned goes',
      given: restoring(kept, withClaims(unbound), withRollout({ unrestored: [2] })),
      decides: 'act deleteClaim',
      change: { claim: { name: claim, uid: 'restored-uid', resourceVersion: '100' } },
    },
    {
      title: 'The volume is freed for a claim of that name',
      given: restoring(kept, withoutClaim(2), withRollout({ unrestored: [2] })),
      decides: 'act freeVolume',
    },
    {
      title: 'Not one that somebody has handed to a claim of theirs',
      given: restoring(
        withKeptVolumes(aKeptVolume(2, { holder: 'default/look', released: false })),
        withoutClaim(2),
        withRollout({ unrestored: [2] }),
      ),
      decides: 'wait RestoreBlocked',
      says: standing(
        'volume volume-2, which it is to get back, was handed to claim default/look; delete that claim, and hand the volume back: ' +
          `kubectl patch pv volume-2 --type merge -p '{"spec":{"claimRef":{"namespace":"default","name":"${claim}","uid":null,"resourceVersion":null}}}'`,
      ),
    },
    {
      title: 'Which is in nobody’s way where the claim is made of its snapshot',
      given: restoring(
        withKeptVolumes(aKeptVolume(2, { holder: 'default/look', released: false })),
        withoutClaim(2),
      ),
      decides: 'act createClaim',
    },
    {
      title: 'And the claim made with it',
      given: restoring(
        withKeptVolumes(aKeptVolume(2, { free: true })),
        withoutClaim(2),
        withRollout({ unrestored: [2] }),
      ),
      decides: 'act createClaim',
      change: { claim, volume: 'volume-2' },
    },
    {
      title: 'Then stable gets its replicas back',
      given: restoring(kept, withClaims(given), withRollout({ unrestored: [2] })),
      decides: 'act returnReplicas',
    },
  ])
})

describe('the decision to roll back', () => {
  const active = world(activeWorld(), snapshotting(2), wanting('old'))
  const restores = (given: Observation) => {
    const { next } = decide(factsOf(given, now)) ?? {}
    const action = next?.kind === 'act' ? next.action : undefined
    return action?.kind === 'changeStable' && action.change.record?.rollout?.restores
  }

  it.each([
    [true, 'from a canary that was snapshotted', active],
    [undefined, 'where nothing was written', world(active, withRollout({ touched: 0 }))],
    [undefined, 'where there are no snapshots', world(activeWorld(), wanting('old'))],
    [undefined, 'where the data is to be kept', world(active, withSpec({ onRollback: 'KeepData' }))],
    [true, 'of a half-done promotion', world(patchedWorld(), snapshotting(2), wanting('old'))],
    [true, 'where none was taken of what is touched', world(patchedWorld(), snapshotting(), wanting('old'))],
  ])('restores (%j) %s', (expected, _, world) => {
    expect(restores(world)).toBe(expected)
  })

  it.each([
    ['SnapshotMissing', 'where some are taken, and not yet of what is touched', snapshotting()],
    ['NoSnapshots', 'where none are taken', snapshotsOff],
  ])('has no way back (%s) %s', (reason, _, change) => {
    expect(wayBack(factsOf(world(activeWorld(), change), now))).toEqual({ possible: false, reason })
  })
})

describe('a rollout that is left in the middle of a restore', () => {
  const away = restoring(kept, withoutClaim(2))
  const deleted = withResource({ deleting: true })
  const handingOver = restoring(
    kept,
    withClaims(aClaim(2, { uid: 'restored-uid', source: snapshot })),
    withStable({ replicas: 3 }),
    deleted,
    withSpec({ deletionPolicy: 'Orphan' }),
  )
  checkRows(terminating, [
    {
      title: 'Deleted: the claim is made again before its set goes',
      given: world(away, deleted),
      decides: 'act createClaim',
      change: { claim, volume: 'volume-2', snapshot: { name: snapshot, uid: aSnapshot(2).uid } },
    },
    {
      title: 'With its own volume, where the snapshot is gone',
      given: world(away, deleted, (before) => ({ ...before, snapshots: [] })),
      decides: 'act freeVolume',
    },
    {
      title: 'It is waited for where a finalizer keeps it, and then people are told',
      given: world(restoring(kept, withClaims(leaving(now - 10 * minute))), deleted),
      decides: 'wait RestoreBlocked',
    },
    {
      title: "One that was being taken out of use goes, too: a dead leader's deletion of it may be under way",
      given: world(restoring(kept), deleted),
      decides: 'act deleteClaim',
    },
  ])
  checkRows(orphan, [
    {
      title: 'Deleted, and the replicas stay: they get their data back first',
      given: world(restoring(), deleted, withSpec({ deletionPolicy: 'Orphan' })),
      decides: 'act keepVolume',
    },
    {
      title:
        'Unless a person would rather have what the new version wrote: the deletion has that way out, too',
      given: world(restoring(), deleted, withSpec({ deletionPolicy: 'Orphan', onRollback: 'KeepData' })),
      decides: 'act giveUpRestore',
      tells: [
        `Claim ${claim} is not restored; it gets its volume back as redis:7 left it. What was there before stays, until you delete it: VolumeSnapshot ${claim}-resource-3`,
      ],
    },
    {
      title:
        'The replica is waited for until its claim has a volume: nobody would give it another one, once we are gone',
      given: world(handingOver, withPods(unready(stablePod(2), now - 9 * minute))),
      decides: 'wait Terminating',
      says: `Deleting: waiting until the storage makes the volume of claim ${claim} (what it says: kubectl describe pvc ${claim} -n default). Claims are kept.`,
      wakeAt: now + minute,
    },
    {
      title: 'And its pod, which comes in a moment, or never',
      given: world(handingOver, withoutPods('redis-stable-2')),
      decides: 'wait Terminating',
      wakeAt: now + 9 * minute,
    },
    {
      title: 'One that has none in time gets the volume back that was kept',
      given: world(handingOver, withPods(unready(stablePod(2), now - 10 * minute))),
      decides: 'act giveUpRestore',
      tells: [
        `Claim ${claim} is not restored; it gets its volume back as redis:7 left it. What was there before stays, until you delete it: VolumeSnapshot ${claim}-resource-3`,
      ],
    },
    {
      title: 'With a volume it is handed over, ready or not',
      given: world(handingOver, withClaims(restored), withPods(unready(stablePod(2), now - minute))),
      decides: 'act releaseStable',
      tells: ['StatefulSet redis-stable and its pods stay, and are managed by nobody from now on'],
    },
    {
      title: 'A canary that was not decided upon is rolled back first',
      given: world(
        { ...rolledOutWorld() },
        withRollout({ touched: 1 }),
        undecided,
        snapshotting(2),
        withClaims(original),
        deleted,
        withSpec({ deletionPolicy: 'Orphan' }),
      ),
      decides: 'act recordDecision',
      tells: ['Rolling back redis:7: the spec was reverted'],
    },
  ])
  checkRows(force, [
    {
      title: 'Forced: a set with all its replicas would make the claim anew, empty',
      given: world(away, withResource({ force: 'new' }), withSpec({ target: 'new' })),
      decides: 'act createClaim',
    },
  ])
})

function undecided(before: Observation): Observation {
  const { record } = before.stable ?? {}
  const parsed = JSON.parse(record ?? '{}') as { rollout: Record<string, unknown> }
  const { decision: _, cause: __, ...rollout } = parsed.rollout
  return world(before, withStable({ record: JSON.stringify({ ...parsed, rollout }) }))
}

describe('a replica with two claims, of which one was restored and the restore of the other is given up', () => {
  const log = aClaim(2, { name: 'log-redis-stable-2', uid: 'log-restored-uid' })
  const logSnapshot = `${log.name}-resource-3`
  const data = aClaim(2, { uid: 'restored-uid', source: snapshot, volume: 'volume-new' })
  const ofLog = aKeptVolume(2, { name: 'log-volume', claim: log.name, claimUid: 'log-of-before' })
  const ofData = aKeptVolume(2, { name: 'volume-new', claimUid: 'restored-uid', restored: true })
  const unbound = { ...log, source: logSnapshot }
  const both = (...changes: readonly Change[]) =>
    restoring(
      withSpec({ claimTemplates: ['data', 'log'] }),
      withRollout({
        unrestored: [2],
        snapshots: { [claim]: `${snapshot}-uid`, [log.name]: `${logSnapshot}-uid` },
      }),
      withSnapshots(aSnapshot(2, { name: logSnapshot, uid: `${logSnapshot}-uid`, claim: log.name })),
      withKeptVolumes(aKeptVolume(2), ofLog),
      withClaims(data, unbound),
      ...changes,
    )
  const alsoKept = withKeptVolumes(ofData, aKeptVolume(2), ofLog)
  checkRows(rollBack, [
    {
      title: 'Old code may have run on both before a person deleted the other one: what was restored is kept',
      given: both(),
      decides: 'act keepVolume',
      change: {
        volume: 'volume-new',
        claim: { name: claim, uid: 'restored-uid' },
        attempt: 3,
        restored: true,
      },
    },
    {
      title: 'Then its claim goes',
      given: both(alsoKept),
      decides: 'act deleteClaim',
      change: { claim: { name: claim, uid: 'restored-uid', resourceVersion: '100' } },
    },
    {
      title: 'Also where the volume of the other one comes after all: its deletion may be under way',
      given: both(alsoKept, withClaims({ ...unbound, volume: 'log-new' })),
      decides: 'act deleteClaim',
    },
    {
      title: 'It gets back what the new version left, and not what was restored',
      given: both(alsoKept, (before) => ({
        ...before,
        claims: before.claims.filter(({ name }) => name !== claim),
      })),
      decides: 'act freeVolume',
      change: { volume: { name: 'volume-2', uid: 'volume-2-uid', resourceVersion: '100' } },
    },
    {
      title: 'The other one, which never had a volume, just goes',
      given: both(alsoKept, withClaims(aClaim(2, { uid: 'given-uid', volume: 'volume-2' }))),
      decides: 'act deleteClaim',
      change: { claim: { name: log.name, uid: log.uid, resourceVersion: '100' } },
    },
    {
      title: 'And both have what the new version left',
      given: both(
        alsoKept,
        withClaims(aClaim(2, { uid: 'given-uid', volume: 'volume-2' }), {
          ...log,
          uid: 'log-given-uid',
          volume: 'log-volume',
        }),
      ),
      decides: 'act returnReplicas',
    },
    {
      title: 'Where both have their volumes after all, old code may have written to them, and they stay',
      given: both(withClaims({ ...unbound, volume: 'log-new' })),
      decides: 'act returnReplicas',
    },
  ])
})
