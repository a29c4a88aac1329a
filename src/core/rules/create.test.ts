import { describe } from 'vitest'
import { activeWorld } from '../testing/rollout-worlds.ts'
import {
  aClaim,
  aJob,
  aKeptVolume,
  aRevision,
  aSnapshot,
  canaryPod,
  type Change,
  foreignPod,
  minute,
  newWorld,
  no,
  now,
  stablePod,
  stableWorld,
  wanting,
  withAnswers,
  withCanary,
  withClaims,
  withJobs,
  withKeptVolumes,
  withoutService,
  withoutStable,
  withPods,
  withResource,
  withRevisions,
  withSnapshots,
  withStable,
  withWrongService,
  world,
  yes,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { create } from './create.ts'

const stored = withRevisions(aRevision('old', 1))
const accepted = withAnswers({ stableSet: yes })
const missing =
  'StatefulSet redis-stable is missing while data-redis-stable-0 is still there, so it is not created anew over data by guess. ' +
  'redis:6 may have written to it last: it is the newest of the stored revisions. ' +
  'To start redis:6, every replica at once, on that data: kubectl annotate canarystatefulset redis -n default canary.example.com/force=old. ' +
  'To start empty, delete the claims first, which the guard policy allows after kubectl annotate canarystatefulset redis -n default canary.example.com/unprotected=true.'

const give = (claim: string, volume: string) =>
  `kubectl patch pv ${volume} --type merge -p '{"spec":{"claimRef":{"namespace":"default","name":"${claim}","uid":null,"resourceVersion":null}}}'; ` +
  `kubectl get pv ${volume} -o go-template='{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"${claim}","namespace":"default"},` +
  `"spec":{"volumeName":"${volume}","storageClassName":"{{or .spec.storageClassName ""}}","volumeMode":"{{.spec.volumeMode}}",` +
  `"accessModes":["{{index .spec.accessModes 0}}"],"resources":{"requests":{"storage":"{{.spec.capacity.storage}}"}}}}' | kubectl create -f -`
const awayWords = (volume: string, before = '') =>
  `Claim data-redis-stable-0 is not there, and volume ${volume} is kept of it; the set would make that claim empty, so it waits, also with force. ` +
  `${before}To give it that volume: ${give('data-redis-stable-0', volume)}. ` +
  `To do without it, and leave the volume as it is: kubectl label pv ${volume} canary.example.com/kept-for-. `
const holding = (volume: string, before = '') =>
  missing
    .replace('while data-redis-stable-0 is', `while ${volume} is`)
    .replace('To start redis:6', `${awayWords(volume, before)}To start redis:6`)

describe('a set that was deleted in the middle of a restore', () => {
  const one = (...changes: readonly Change[]) =>
    world(newWorld({ replicas: 1 }), stored, accepted, ...changes)
  const forced = withResource({ force: 'old' })
  checkRows(create, [
    {
      title: 'Its only claim is away: nothing starts empty without a word',
      given: one(withKeptVolumes(aKeptVolume(0))),
      decides: 'wait StableMissing',
      says: holding('volume-0'),
    },
    {
      title: 'Nor by force',
      given: one(withKeptVolumes(aKeptVolume(0)), forced),
      decides: 'wait StableMissing',
      says: holding('volume-0'),
    },
    {
      title: 'Nor where the claims of the other replicas are there',
      given: world(
        newWorld(),
        stored,
        accepted,
        withClaims(aClaim(0), aClaim(1)),
        withKeptVolumes(aKeptVolume(2)),
        forced,
      ),
      decides: 'wait StableMissing',
    },
    {
      title: 'Nor while the claim is going whose volume is kept',
      given: one(withClaims(aClaim(0, { deleting: true })), withKeptVolumes(aKeptVolume(0)), forced),
      decides: 'wait StableMissing',
    },
    {
      title: 'One that is going for another reason is no business of ours',
      given: one(
        withClaims(aClaim(0, { deleting: true })),
        withKeptVolumes(aKeptVolume(0, { claimUid: 'before' })),
        forced,
      ),
      decides: 'act createStable',
    },
    {
      title:
        'Of several volumes that were kept of it the newest is named, and rather none that a restore made',
      given: one(
        withKeptVolumes(
          aKeptVolume(0, { name: 'first', attempt: 2 }),
          aKeptVolume(0, { name: 'made', attempt: 3, restored: true }),
          aKeptVolume(0, { name: 'newest', attempt: 3 }),
        ),
      ),
      decides: 'wait StableMissing',
      says: holding('newest'),
    },
    {
      title: 'It is not to be taken from a claim that somebody gave it to',
      given: one(withKeptVolumes(aKeptVolume(0, { released: false }))),
      decides: 'wait StableMissing',
      says: holding('volume-0', 'Delete the claim first that uses volume volume-0 now. '),
    },
    {
      title: 'One that waits for a claim may be given',
      given: one(withKeptVolumes(aKeptVolume(0, { released: false, free: true }))),
      decides: 'wait StableMissing',
      says: holding('volume-0'),
    },
    {
      title: 'With its claim there again force starts it',
      given: one(withClaims(aClaim(0, { uid: 'again' })), withKeptVolumes(aKeptVolume(0)), forced),
      decides: 'act createStable',
    },
    {
      title: 'What was kept of a replica that is not wanted holds nothing up',
      given: one(withKeptVolumes(aKeptVolume(1))),
      decides: 'act createStable',
    },
  ])
})

describe('create', () => {
  checkRows(create, [
    {
      title: 'The finalizer comes before everything else',
      given: world(newWorld(), withResource({ finalizer: false })),
      decides: 'act addFinalizer',
      says: 'Creating StatefulSet redis-stable.',
    },
    {
      title: 'A finalizer that somebody removed is put back',
      given: world(stableWorld(), withResource({ finalizer: false })),
      decides: 'act addFinalizer',
    },
    {
      title: 'A stable set that is there goes on to the next rule',
      given: stableWorld(),
      decides: 'nothing',
    },
    {
      title: 'Nothing is created whose claims would be those of another resource, not even by force',
      given: { ...world(newWorld(), withResource({ force: 'old' })), rival: 'log-redis' },
      decides: 'wait ClaimsShared',
      says:
        'StatefulSet redis-stable is not created: its claims would have the names of those of CanaryStatefulSet log-redis, ' +
        'and two pods would write to one volume. Give this resource, or its claim templates, another name.',
    },
    {
      title: 'One that runs already goes on; the other one is the one that waits',
      given: { ...stableWorld(), rival: 'log-redis' },
      decides: 'nothing',
    },
    {
      title: 'A stable set that is being deleted is waited for',
      given: world(stableWorld(), withStable({ deleting: true })),
      decides: 'wait Creating',
      says: 'Creating StatefulSet redis-stable, once the deleted one is gone.',
    },
    {
      title: 'The Service comes first where there is none',
      given: world(newWorld(), withoutService),
      decides: 'act createService',
      says: 'Creating the headless Service.',
    },
    {
      title: 'A Service that is refused is said in the words of the API server, and asked for again',
      given: world(newWorld(), withoutService, withAnswers({ service: no('exceeded quota', now + minute) })),
      decides: 'wait SetRefused',
      says: 'The API server refuses Service redis-headless, so nothing was changed: exceeded quota',
      wakeAt: now + minute,
    },
    {
      title: 'A Service that is not headless is never changed, and nothing is built upon it',
      given: world(newWorld(), stored, accepted, withWrongService),
      decides: 'wait ServiceNotHeadless',
      says:
        'Service redis-headless is not headless (its spec.clusterIP is not None), so no replica would have a DNS name of its own. ' +
        'Delete it, and one that is gets made: kubectl delete service redis-headless -n default. ' +
        'If it is needed as it is, apply a new resource with another spec.template.serviceName.',
    },
    {
      title: 'The revision is stored before it is used',
      given: newWorld(),
      decides: 'act createRevision',
      change: { revision: 'old', number: 1 },
    },
    {
      title: 'Revisions are numbered on from what is left of earlier ones',
      given: world(newWorld(), withRevisions(aRevision('third', 6))),
      decides: 'act createRevision',
      change: { revision: 'old', number: 7 },
    },
    {
      title: 'The API server is asked before the set is created',
      given: world(newWorld(), stored),
      decides: 'ask stableSet',
      question: { kind: 'stableSet', revision: 'old' },
      says: 'Checking the stable set with the API server before any pod is touched.',
    },
    {
      title: 'A refusal is said in the words of the API server',
      given: world(newWorld(), stored, withAnswers({ stableSet: no('spec.replicas: Invalid value') })),
      decides: 'wait SetRefused',
      says: 'The API server refuses StatefulSet redis-stable, so nothing was changed: spec.replicas: Invalid value',
    },
    {
      title: 'A refusal that may pass is asked about again at its time',
      given: world(newWorld(), stored, withAnswers({ stableSet: no('exceeded quota', now + minute) })),
      decides: 'wait SetRefused',
      wakeAt: now + minute,
    },
    {
      title: 'A refusal whose time has come is asked about again',
      given: world(newWorld(), stored, withAnswers({ stableSet: no('exceeded quota', now) })),
      decides: 'ask stableSet',
    },
    {
      title: 'A new resource gets its stable set, unproven',
      given: world(newWorld(), stored, accepted),
      decides: 'act createStable',
      change: { revision: 'old', replicas: 3, record: { accepted: 'old', proven: false, id: 1 } },
    },
    {
      title: 'Attempts are numbered on from what is left of earlier ones',
      given: world(newWorld(), withRevisions(aRevision('third', 6), aRevision('old', 2)), accepted),
      decides: 'act createStable',
      change: { revision: 'old', replicas: 3, record: { accepted: 'old', proven: false, id: 6 } },
    },
    ...(
      [
        ['A snapshot', withSnapshots(aSnapshot(0, { attempt: 9 }))],
        ['A kept volume', withKeptVolumes(aKeptVolume(3, { attempt: 9 }))],
        ['A Job', withJobs(aJob({ attempt: 9 }))],
      ] as const
    ).map(([what, left]) => ({
      title: `${what} of an attempt that stored no revision counts, too: it must not pass for one of the next attempt`,
      given: world(newWorld(), stored, accepted, left),
      decides: 'act createStable',
      change: { revision: 'old', replicas: 3, record: { accepted: 'old', proven: false, id: 9 } },
    })),
    {
      title: "Somebody else's Job has no say in it",
      given: world(newWorld(), stored, accepted, withJobs(aJob({ ours: false, attempt: 9 }))),
      decides: 'act createStable',
      change: { revision: 'old', replicas: 3, record: { accepted: 'old', proven: false, id: 1 } },
    },
    {
      title: 'A claim without its set is not built upon by guess',
      given: world(newWorld(), stored, accepted, withClaims(aClaim(0))),
      decides: 'wait StableMissing',
      says: missing,
    },
    {
      title: 'Where another version was the last, that is said',
      given: world(
        newWorld(),
        withRevisions(aRevision('old', 1), aRevision('new', 2)),
        accepted,
        withClaims(aClaim(0)),
      ),
      decides: 'wait StableMissing',
      says: missing.replace(
        'redis:6 may have written to it last: it is the newest of the stored revisions. ',
        'redis:7 may have written to it last: it is the newest of the stored revisions. If redis:6 cannot open what that wrote, ask for redis:7 in the spec first. ',
      ),
    },
    {
      title: 'Nor before the Service or the revision is made; then nobody knows which version was the last',
      given: world(newWorld(), withClaims(aClaim(0)), withoutService),
      decides: 'wait StableMissing',
      says: missing.replace(
        'redis:6 may have written to it last: it is the newest of the stored revisions. ',
        'Which version wrote to it last is not known, since no revision is stored. ',
      ),
    },
    {
      title: 'A pod without its set is not built upon either',
      given: world(newWorld(), stored, accepted, withPods(stablePod(0))),
      decides: 'wait StableMissing',
    },
    {
      title: 'A canary without stable is not built upon either',
      given: world(newWorld(), stored, accepted, withCanary({ replicas: 1 })),
      decides: 'wait StableMissing',
    },
    {
      title: 'An inert canary set says nothing about data: it is removed, and no person is needed for that',
      given: world(newWorld(), stored, accepted, withCanary()),
      decides: 'act deleteSet',
      says: 'Removing StatefulSet redis-canary, which no rollout needs.',
    },
    {
      title: 'So it is where the set is missing beside claims',
      given: world(newWorld(), stored, accepted, withClaims(aClaim(0)), withCanary()),
      decides: 'act deleteSet',
    },
    {
      title: 'One whose last pod is still there is not',
      given: world(newWorld(), stored, accepted, withCanary(), withPods(canaryPod(2))),
      decides: 'wait StableMissing',
    },
    {
      title: 'Stable deleted by hand in the middle of a rollout is a human decision',
      given: world(withoutStable(activeWorld()), stored, accepted),
      decides: 'wait StableMissing',
    },
    {
      title: 'The force annotation with the revision in spec starts it over the kept claims',
      given: world(newWorld(), stored, accepted, withClaims(aClaim(0)), withResource({ force: 'old' })),
      decides: 'act createStable',
      change: { revision: 'old', replicas: 3, record: { accepted: 'old', proven: false, id: 1 } },
    },
    {
      title: 'Not while somebody else writes to them',
      given: world(
        newWorld(),
        stored,
        accepted,
        withClaims(aClaim(0)),
        withPods(foreignPod(0)),
        withResource({ force: 'old' }),
      ),
      decides: 'wait ForeignPod',
    },
    {
      title: 'One that has ended does not hold it up',
      given: world(
        newWorld(),
        stored,
        accepted,
        withClaims(aClaim(0)),
        withPods(foreignPod(0, { phase: 'Succeeded' })),
        withResource({ force: 'old' }),
      ),
      decides: 'act createStable',
    },
    {
      title: 'The force annotation with another revision does not',
      given: world(
        newWorld(),
        stored,
        accepted,
        withClaims(aClaim(0)),
        withResource({ force: 'old' }),
        wanting('new'),
      ),
      decides: 'wait StableMissing',
    },
    {
      title: 'An inert canary goes before the forced start',
      given: world(
        newWorld(),
        stored,
        accepted,
        withClaims(aClaim(0)),
        withCanary(),
        withResource({ force: 'old' }),
      ),
      decides: 'act deleteSet',
    },
    {
      title:
        'A pod of the missing set does not hold the forced start up: the new set takes its place when it has ended',
      given: world(
        newWorld(),
        stored,
        accepted,
        withClaims(aClaim(0)),
        withPods(stablePod(0)),
        withResource({ force: 'old' }),
      ),
      decides: 'act createStable',
    },
  ])
})
