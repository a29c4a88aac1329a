/** Where storage takes no snapshots: real Redis, backed up and restored by Jobs, and what is told where one of them fails. */
import { expect, test } from 'vitest'
import { backedUp, createStore, failing } from '../harness/backups.ts'
import { redisOnKept } from '../harness/kept-volumes.ts'
import { jobs } from '../harness/objects.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import { runPrinted } from '../harness/printed-command.ts'
import { command } from '../harness/redis.ts'
import {
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

const top = 'data-redis-stable-2'
const six = 'redis:6.2.6'
const seven = 'redis:7.0.5'

test('a reverted image gets its data back from the backup, and what the new version wrote is kept', async () => {
  const space = await openSpace('backup')
  const { seen } = space
  await createStore(space)
  await deploy(space, { image: six, probe: false, volumes: backedUp() })
  const before = seen.claim(top)

  await setImage(space, seven)
  const active = await canaryActive(space, seven, { within: 90 })
  expect(active.status?.rollback).toMatchObject({ possible: true, reason: 'Backups' })
  await command(podNamed(seen, 'redis-canary-2'), 'SET', 'later', 'yes')

  await setImage(space, six)
  await atRestOn(space, six, { within: 120 })
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
  const after = seen.claim(top)
  expect(after?.metadata.uid).not.toBe(before?.metadata.uid)
  expect(after?.metadata.labels).toEqual(before?.metadata.labels)
  const volume = before?.spec.volumeName ?? ''
  expect(seen.resource()?.status?.retainedVolumes).toMatchObject([{ name: volume, claim: top }])
  const reader = await redisOnKept(space, volume, seven)
  expect(await command(reader, 'GET', 'later')).toBe('yes')
})

test('the restore gets the name that the backup was stored under: the uid of the Job that stored it', async () => {
  const space = await openSpace('backup-name')
  await createStore(space)
  await deploy(space, { image: 'redis:7.0', volumes: backedUp() })
  await setImage(space, seven)
  await canaryActive(space, seven)
  await setImage(space, 'redis:7.0')
  await atRestOn(space, 'redis:7.0', { within: 90 })

  const made = await replicaJobs(space)
  const backup = made.find(({ metadata }) => metadata.name.includes('-backup-'))
  const restore = made.find(({ metadata }) => metadata.name.includes('-restore-'))
  expect(JSON.stringify(restore?.spec)).toContain(`"name":"CANARY_BACKUP","value":"${backup?.metadata.uid}"`)
  await expectAllData(space)
})

test('a promotion backs each replica up before the new version gets its claim, and is taken back', async () => {
  const space = await openSpace('backup-promoted')
  const { seen } = space
  await createStore(space)
  await deploy(space, { image: six, probe: true, volumes: backedUp() })
  await setImage(space, seven)
  await canaryActive(space, seven, { within: 90 })
  await promote(space)
  await until(
    space,
    'a second replica runs the new version',
    () => {
      const pod = seen.pod('redis-stable-1')
      return pod?.spec.containers[0]?.image === seven && pod.status?.phase === 'Running'
    },
    { within: 120 },
  )
  await setImage(space, six)
  await atRestOn(space, six, { within: 240 })
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('a backup that fails: no canary, its words are told, and it is tried again when its Job is deleted', async () => {
  const space = await openSpace('backup-fails')
  const { seen } = space
  await createStore(space)
  await deploy(space, { image: 'redis:7.0', volumes: backedUp({ backup: failing('no space left') }) })
  const before = seen.claim(top)?.metadata.uid
  await setImage(space, seven)
  const sentence = await stalled(space, 'BackupFailed', { within: 60 })
  expect(sentence).toMatch(
    /redis-stable-2 is not backed up: its Job redis-backup-\w{8}-\d+-2 failed: .*no space left.*kubectl logs/,
  )
  expect(seen.set('redis-canary')).toBeUndefined()

  const { backup } = backedUp()
  await changeResource(space, { spec: { volumes: { backup: { jobTemplate: backup?.jobTemplate } } } })
  const again = await stalled(space, 'BackupFailed')
  await runPrinted(again.slice(again.indexOf('To try again')))
  await canaryActive(space, seven, { within: 90 })
  expect(seen.claim(top)?.metadata.uid).toBe(before)
})

test('a backup that fails for all its time: the rollout is taken back, and the replica has its claim as it was', async () => {
  const space = await openSpace('backup-overdue')
  const { seen } = space
  const backup = { ...failing('no space left'), deadlineSeconds: 10 }
  await createStore(space)
  await deploy(space, { image: 'redis:7.0', volumes: backedUp({ backup }) })
  const before = seen.claim(top)?.metadata.uid
  await setImage(space, seven)
  expect(await stalled(space, 'RevisionRejected', { within: 90 })).toContain('no space left')
  await atRestOn(space, 'redis:7.0')
  expect(seen.claim(top)?.metadata.uid).toBe(before)
  await expectAllData(space)
})

test('a restore that fails: the replica gets its volume back as it was left, and that is told', async () => {
  const space = await openSpace('restore-fails')
  const { seen } = space
  const told = await followEvents(space)
  await createStore(space)
  await deploy(space, { image: 'redis:7.0', volumes: backedUp({ restore: failing('no such backup') }) })
  const before = seen.claim(top)
  await setImage(space, seven)
  await canaryActive(space, seven)
  await setImage(space, 'redis:7.0')
  const event = await told.until('RestoreFailed', top)
  expect(event).toMatch(/gets its volume back as redis:7\.0\.5 left it: its Job .* failed: .*no such backup/)
  await atRestOn(space, 'redis:7.0', { within: 90 })
  expect(seen.claim(top)?.spec.volumeName).toBe(before?.spec.volumeName)
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('reverted while its backup runs: the Job ends before the replica comes back', async () => {
  const space = await openSpace('backup-reverted')
  const { seen } = space
  const { jobTemplate } = failing('')
  const [container] = containersOf(jobTemplate)
  const hangs = { ...container, command: ['sh', '-c', 'exec redis-server --save ""'] }
  const template = { spec: { terminationGracePeriodSeconds: 1, containers: [hangs] } }
  const backup = { jobTemplate: { spec: { template } }, deadlineSeconds: 600 }
  await createStore(space)
  await deploy(space, { image: 'redis:7.0', volumes: backedUp({ backup }) })
  await setImage(space, seven)
  await until(space, 'its pod runs on the claim', () =>
    seen.pods().some(({ metadata, status }) => /-backup-/.test(metadata.name) && status?.phase === 'Running'),
  )
  await setImage(space, 'redis:7.0')
  await atRestOn(space, 'redis:7.0', { within: 90 })
  expect(await replicaJobs(space)).toEqual([])
  await expectAllData(space)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('a Job that the API server refuses is told before any pod is touched', async () => {
  const space = await openSpace('restore-refused')
  const { seen } = space
  const restore = { jobTemplate: { spec: { template: { spec: { containers: [{ name: 'restore' }] } } } } }
  await createStore(space)
  await deploy(space, { image: 'redis:7.0', volumes: backedUp({ restore }) })
  const pod = podNamed(seen, 'redis-stable-2').metadata.uid
  await setImage(space, seven)
  const sentence = await stalled(space, 'SetRefused')
  expect(sentence).toContain('the Job of spec.volumes.restore')
  expect(podNamed(seen, 'redis-stable-2').metadata.uid).toBe(pod)
})

/** Those of the namespace that are for one replica. */
async function replicaJobs({ rest, namespace }: Space) {
  return (await rest.list(jobs, { namespace, labelSelector: 'canary.example.com/purpose' })).items
}

function containersOf(template: object): readonly object[] {
  const { spec } = template as { spec: { template: { spec: { containers: object[] } } } }
  return spec.template.spec.containers
}
