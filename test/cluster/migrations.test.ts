/** Migrations by Jobs on a real cluster: where they run, what they are told, and what becomes of those that fail. */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { beside, exampleMigration, jobTemplate, onClaims } from '../harness/migration.ts'
import { jobs } from '../harness/objects.ts'
import { firstMoment, sharedClaims } from '../harness/pod-history.ts'
import { command } from '../harness/redis.ts'
import {
  annotate,
  atRestOn,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { followEvents } from '../harness/told.ts'
import { until } from '../harness/wait.ts'

const from = 'redis:7.0'
const to = 'redis:7.0.5'
const top = 'data-redis-stable-2'
const volumes = { snapshot: { policy: 'Auto' } } as const

test.each([
  ['beside the canary', beside(), `${to} ${top}`],
  ['on the claim, while nobody else has it', onClaims(), `${to} ${top}`],
  ['as in the guide', exampleMigration(), to],
])('a migration %s, then the promotion', async (_, migration, words) => {
  const space = await openSpace('migrated')
  await deploy(space, { image: from, migration })
  await setImage(space, to)
  await canaryActive(space, to)
  expect(await command(podNamed(space.seen, 'redis-canary-2'), 'EXISTS', 'migrated')).toBe(0)
  await promote(space)
  await atRestOn(space, to)

  await expectMigrated(space, words)
  await expectAllData(space)
  expect(sharedClaims(space.seen.podHistory)).toEqual([])
})

test('a migration before the first canary, which finds its work', async () => {
  const space = await openSpace('migrated-first')
  await deploy(space, { image: from, migration: onClaims({ timing: 'BeforeCanary' }) })
  await setImage(space, to)
  await canaryActive(space, to)
  expect(await command(podNamed(space.seen, 'redis-canary-2'), 'GET', 'migrated')).toBe(`${to} ${top}`)
  expect(sharedClaims(space.seen.podHistory)).toEqual([])
})

test('a migration that fails: its words are told, the claim is restored, and a better one is tried', async () => {
  const space = await openSpace('migration-fails')
  const { seen } = space
  const fails = jobTemplate('redis-server --version > /data/spoiled; echo no such column >&2; exit 3', {
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  })
  await deploy(space, { image: from, volumes, migration: onClaims({ jobTemplate: fails }) })
  const before = seen.claim(top)?.metadata.uid
  await setImage(space, to)
  await canaryActive(space, to)
  await promote(space)
  const sentence = await stalled(space, 'RevisionRejected', { within: 90 })
  expect(sentence).toMatch(/its Job redis-migrate-\w{8}-\d+ failed: .*no such column/)
  await atRestOn(space, from)
  await expectAllData(space)
  expect(seen.claim(top)?.metadata.uid).not.toBe(before)
  expect(sharedClaims(seen.podHistory)).toEqual([])

  await changeResource(space, { spec: { migration: { jobTemplate: onClaims().jobTemplate } } })
  await annotate(space, 'canary.example.com/retry', 'true')
  await canaryActive(space, to)
  await promote(space)
  await atRestOn(space, to)
  await expectMigrated(space, `${to} ${top}`)
  await expectAllData(space)
})

test('a migration that hangs fails at its deadline', async () => {
  const space = await openSpace('migration-hangs')
  const hangs = beside({ jobTemplate: jobTemplate('exec redis-server'), deadlineSeconds: 5 })
  await deploy(space, { image: from, migration: hangs })
  await setImage(space, to)
  await canaryActive(space, to)
  await promote(space)
  await until(space, 'it migrates', (seen) => seen.resource()?.status?.phase === 'MigratingData')
  await until(space, 'it has failed', (seen) => seen.resource()?.status?.phase === 'MigrationFailed')
  expect(await stalled(space, 'RevisionRejected', { within: 60 })).toContain('longer than specified deadline')
  await atRestOn(space, from)
  await expectAllData(space)
})

test('reverted while its Job has the claim: the Job ends before the replica comes back', async () => {
  const space = await openSpace('migration-reverted')
  const { seen } = space
  const hangs = onClaims({
    jobTemplate: jobTemplate('exec redis-server --dir /data', {
      volumeMounts: [{ name: 'data', mountPath: '/data' }],
    }),
  })
  await deploy(space, { image: from, migration: hangs })
  await setImage(space, to)
  await canaryActive(space, to)
  await promote(space)
  await until(space, 'its pod runs on the claim', () =>
    seen
      .pods()
      .some(({ metadata, status }) => /-migrate-/.test(metadata.name) && status?.phase === 'Running'),
  )
  await setImage(space, from)
  await atRestOn(space, from)
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('an irreversible migration: a revert is held, and goes back once the loss is accepted', async () => {
  const space = await openSpace('irreversible')
  const forGood = beside({
    timing: 'BeforeCanary',
    reversible: false,
    jobTemplate: jobTemplate('exit 0'),
  })
  await deploy(space, { image: from, migration: forGood })
  await setImage(space, to)
  const { status } = await canaryActive(space, to)
  expect(status?.rollback).toMatchObject({ possible: false, reason: 'MigrationIrreversible' })
  await setImage(space, from)
  const sentence = await stalled(space, 'MigrationIrreversible')
  const accept = /accept-data-loss=(\w+)/.exec(sentence)?.[1] ?? ''
  await annotate(space, 'canary.example.com/accept-data-loss', accept)
  await atRestOn(space, from)
  await expectAllData(space)
})

test('a migration of somebody else is waited for', async () => {
  const space = await openSpace('external')
  await deploy(space, { image: from, migration: { type: 'External' } })
  await setImage(space, to)
  const { status } = await canaryActive(space, to)
  await promote(space)
  await until(space, 'it is awaited', (seen) => seen.resource()?.status?.phase === 'AwaitingMigration')
  await createExternal(space, status?.targetRevision ?? '', 'exit 0')
  await atRestOn(space, to)
  await expectAllData(space)
})

test('a template that cannot run is told before any pod is touched', async () => {
  const space = await openSpace('migration-refused')
  const { seen } = space
  await deploy(space, { image: from, migration: { jobTemplate: { spec: { template: { spec: {} } } } } })
  await setImage(space, to)
  expect(await stalled(space, 'SetRefused')).toContain('the Job of spec.migration')
  expect(firstMoment(seen.podHistory, ({ leaving }) => leaving)).toBe(-1)

  await changeResource(space, { spec: { migration: { jobTemplate: beside().jobTemplate } } })
  await canaryActive(space, to)
})

test('a Job of somebody else that has the name is told before any pod is touched, and is not touched itself', async () => {
  const space = await openSpace('migration-name-taken')
  const { seen, rest, namespace } = space
  const told = await followEvents(space)
  await deploy(space, { image: from, migration: beside() })
  const uid = seen.resource()?.metadata.uid.slice(0, 8)
  // Of whatever number the next attempt is.
  const names = [1, 2, 3, 4, 5].map((attempt) => `redis-migrate-${uid}-${attempt}`)
  const theirs = unrestarted(jobTemplate('exit 0'))
  await Promise.all(
    names.map((name) => rest.create(jobs, { metadata: { name, namespace }, ...suspended(theirs) })),
  )
  await setImage(space, to)
  await told.until(
    'WriteRefused',
    'exists already and is not one of this resource: delete it, and it is made',
  )
  expect(firstMoment(seen.podHistory, ({ leaving }) => leaving)).toBe(-1)
  expect(
    (await rest.list(jobs, { namespace })).items.map(({ metadata }) => metadata.name).toSorted(),
  ).toEqual(names)

  await kubectlOutput(['delete', 'jobs', '-n', namespace, ...names])
  await canaryActive(space, to)
})

test('its Job is made suspended, owned, with a deadline, and its template may be edited meanwhile', async () => {
  const space = await openSpace('migration-held')
  await deploy(space, { image: from, migration: beside({ deadlineSeconds: 300 }) })
  await setImage(space, to)
  await canaryActive(space, to)
  const [job] = (await space.rest.list(jobs, { namespace: space.namespace })).items
  expect(job?.spec).toMatchObject({ suspend: true, activeDeadlineSeconds: 300 })
  expect(job?.metadata.ownerReferences?.[0]?.name).toBe('redis')

  await changeResource(space, { spec: { migration: { jobTemplate: jobTemplate('exit 1') } } })
  await until(space, 'the edit is held', (seen) =>
    seen.resource()?.status?.message?.includes('Held until this rollout is closed: spec.migration'),
  )
  await promote(space)
  await atRestOn(space, to)
  await expectMigrated(space, `${to} ${top}`)
})

test('deleted while its Job has the claim: nothing is left of it', async () => {
  const space = await openSpace('migration-deleted')
  const hangs = onClaims({ jobTemplate: jobTemplate('exec redis-server') })
  await deploy(space, { image: from, migration: hangs })
  await setImage(space, to)
  await canaryActive(space, to)
  await promote(space)
  await until(space, 'it migrates', (seen) => seen.resource()?.status?.phase === 'MigratingData')
  await kubectlOutput(['delete', 'csts', 'redis', '-n', space.namespace, '--timeout=60s'])
  await until(space, 'no pod is left', (seen) => seen.pods().length === 0)
  expect((await space.rest.list(jobs, { namespace: space.namespace })).items).toEqual([])
  expect(space.seen.claims()).toHaveLength(3)
})

/** The top replica has what the Job wrote, and without that the data that it had. */
async function expectMigrated({ seen }: Space, words: string): Promise<void> {
  const pod = podNamed(seen, 'redis-stable-2')
  expect(await command(pod, 'GET', 'migrated')).toBe(words)
  await command(pod, 'DEL', 'migrated')
}

async function createExternal(space: Space, revision: string, script: string): Promise<void> {
  const { rest, namespace } = space
  const labels = { 'canary.example.com/migration': 'redis', 'canary.example.com/revision': revision }
  const job = { metadata: { name: 'theirs', namespace, labels }, ...unrestarted(jobTemplate(script)) }
  await rest.create(jobs, job)
}

function suspended(job: object): object {
  const { spec } = job as { readonly spec: object }
  return { spec: { ...spec, suspend: true } }
}

/** A Job that a person writes says that its pods are not restarted. */
function unrestarted(template: object): object {
  const { spec } = template as { readonly spec: { readonly template: { readonly spec: object } } }
  return { spec: { ...spec, template: { spec: { ...spec.template.spec, restartPolicy: 'Never' } } } }
}
