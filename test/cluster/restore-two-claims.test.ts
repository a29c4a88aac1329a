/**
 * Replicas with two volumes that belong together, as a database with its log: both go back to the same moment, or no canary
 * runs.
 */
import { expect, test } from 'vitest'
import { walPort } from '../harness/manifest.ts'
import type { Pod } from '../harness/objects.ts'
import { snapshotsOf } from '../harness/snapshot-classes.ts'
import { firstMoment, sharedClaims } from '../harness/pod-history.ts'
import { differences, fill, type Redis, withRedis } from '../harness/redis.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { keptVolumes } from '../harness/kept-volumes.ts'
import { strikeStorage } from '../harness/storage-faults.ts'
import { followEvents } from '../harness/told.ts'

const from = 'redis:7.0'
const to = 'redis:7.0.5'
const own = ['data-redis-stable-1', 'wal-redis-stable-1']

test('both claims go back to the last write that the displaced replica has answered', async () => {
  const space = await openSpace('two-claims')
  const { seen } = space
  await deployBoth(space)
  const before = volumesOf(space)
  const writing = writeAhead(podNamed(seen, 'redis-stable-1'))
  await setImage(space, to)
  await canaryActive(space, to)
  const answered = await writing
  expect(answered).toBeGreaterThan(0)
  await expectWriteAhead(podNamed(seen, 'redis-canary-1'), answered)
  await countUp(podNamed(seen, 'redis-canary-1'), 10)

  const taken = await snapshotsOf(space)
  const sources = taken.map(({ spec }) => spec.source.persistentVolumeClaimName ?? '')
  expect(sources.toSorted()).toEqual(own)
  await setImage(space, from)
  await atRestOn(space, from)
  await expectWriteAhead(podNamed(seen, 'redis-stable-1'), answered)
  await expectBoth(space)
  for (const { metadata, spec } of taken) {
    const claim = seen.claim(spec.source.persistentVolumeClaimName ?? '')
    expect(claim?.spec.dataSource).toMatchObject({ kind: 'VolumeSnapshot', name: metadata.name })
  }
  expect(new Set(taken.map(({ metadata: { name } }) => name.slice(name.lastIndexOf('-')))).size).toBe(1)
  expect(keptVolumes(space)).toEqual(own.map((name) => `${name} ${before[name]}`))
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('one of the two snapshots fails: no canary, and both claims are as they were', async () => {
  const space = await openSpace('two-fail')
  const { seen } = space
  await deployBoth(space)
  const claims = boundClaims(seen)
  await changeResource(space, { spec: { strategy: { progressDeadlineSeconds: 10 } } })
  strikeStorage(space, 'create-snapshot', 'RESOURCE_EXHAUSTED: no space left on the array', own[1])
  await setImage(space, to)
  expect(await stalled(space, 'RevisionRejected', { within: 60 })).toContain(
    'a snapshot was not ready in time',
  )
  await atRestOn(space, from)
  const ready = (await snapshotsOf(space)).filter(({ status }) => status?.readyToUse)
  expect(ready.map(({ spec }) => spec.source.persistentVolumeClaimName)).toEqual([own[0]])
  expect(firstMoment(seen.podHistory, ({ image, name }) => name.includes('canary') && image === to)).toBe(-1)
  expect(boundClaims(seen)).toEqual(claims)
  await expectBoth(space)
})

test('one of the two volumes is never made again: both come back as the new version left them', async () => {
  const space = await openSpace('two-half')
  const { seen } = space
  await deployBoth(space)
  const before = volumesOf(space)
  await setImage(space, to)
  await canaryActive(space, to)
  const more = 10
  await countUp(podNamed(seen, 'redis-canary-1'), more)
  const told = await followEvents(space)
  strikeStorage(space, 'create-volume', 'no space left on the array', own[1])
  // Not before: the canary has its time.
  await changeResource(space, { spec: { image: from, strategy: { progressDeadlineSeconds: 15 } } })
  await told.until('RestoreFailed', own[1] ?? '')
  await atRestOn(space, from, { within: 120 })
  expect(await counts(podNamed(seen, 'redis-stable-1'))).toEqual([more, more])
  expect(volumesOf(space)).toEqual(before)
  // What was made again of the other one is not thrown away, though nobody can have opened it here.
  expect(keptVolumes(space).map((kept) => kept.split(' ')[0])).toEqual([own[0]])
})

function volumesOf({ seen }: Space): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(seen.claims().map(({ metadata, spec }) => [metadata.name, spec.volumeName]))
}

/** Two replicas, with their data in both volumes. */
async function deployBoth(space: Space): Promise<void> {
  await deploy(space, { image: from, replicas: 2, wal: true, volumes: { snapshot: { policy: 'Required' } } })
  const replicas = ['redis-stable-0', 'redis-stable-1']
  await Promise.all(replicas.map((name) => fill(podNamed(space.seen, name), name, walPort)))
}

async function expectBoth(space: Space): Promise<void> {
  await expectAllData(space)
  for (const name of ['redis-stable-0', 'redis-stable-1'])
    expect(await differences(podNamed(space.seen, name), name, walPort)).toEqual([])
}

/** Apart from the keys that are compared as a whole. */
const counting = [
  ['SELECT', '1'],
  ['INCR', 'count'],
] as const

/** Counts in the log, then in the data, as fast as they answer, until the pod is taken away. Resolves with how far both were told. */
async function writeAhead(pod: Pod): Promise<number> {
  let answered = 0
  const forever = async (wal: Redis, data: Redis): Promise<never> => {
    for (;;) {
      await wal.send(...counting)
      await data.send(...counting)
      answered += 1
    }
  }
  await withRedis(pod, (data) => withRedis(pod, (wal) => forever(wal, data), walPort)).catch(connectionLost)
  return answered
}

/** The write under way when the pod ended may have been done without an answer; the log is never behind the data. */
async function expectWriteAhead(pod: Pod, answered: number): Promise<void> {
  const [data = -1, wal = -1] = await counts(pod)
  expect([data, wal].toSorted((one, other) => one - other)).toEqual([data, wal])
  expect([answered, answered + 1]).toContain(data)
  expect([answered, answered + 1]).toContain(wal)
}

/** In the data and in the log. */
function counts(pod: Pod): Promise<readonly number[]> {
  const read = (port?: number) =>
    withRedis(pod, (redis) => redis.send(['SELECT', '1'], ['GET', 'count']), port).then(([, count]) =>
      Number(count),
    )
  return Promise.all([read(), read(walPort)])
}

async function countUp(pod: Pod, times: number): Promise<void> {
  const commands = Array.from({ length: times }, () => ['INCR', 'count'])
  const count = (redis: Redis) => redis.send(['SELECT', '1'], ...commands)
  await Promise.all([withRedis(pod, count), withRedis(pod, count, walPort)])
}

function connectionLost(error: unknown): void {
  const words = error instanceof Error ? error.message : ''
  if (!/closed the connection|ECONNRESET|EPIPE/.test(words)) throw error
}
