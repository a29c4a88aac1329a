/**
 * The walk-through with one canary, to the letter: Redis 7 on Redis 6's data, promoted by annotation; and an image
 * that does not exist, taken back by itself. Two canaries are in k2.test.ts, other ways back in rollback.test.ts.
 */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { walkthrough } from '../harness/manifest.ts'
import { conditionOf, imageOf } from '../harness/objects.ts'
import { startOperator } from '../harness/operator.ts'
import { fewestReady, firstMoment, sharedClaims } from '../harness/pod-history.ts'
import { command, differences } from '../harness/redis.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  expectAllData,
  fillAll,
  podNamed,
  promote,
  promoteAnnotation,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { openSpace, type Space } from '../harness/space.ts'

test('Redis 7 is tried on Redis 6 data, promoted, and an image that cannot be pulled is taken back', async () => {
  const space = await openSpace('walkthrough')
  const { seen, namespace } = space
  await startOperator(space)
  await kubectlOutput(['apply', '-f', '-'], walkthrough({ namespace, volumes: {} }))
  await atRestOn(space, 'redis:6.2.6')
  await fillAll(space)
  const claims = boundClaims(seen)
  expect(claims).toHaveLength(3)

  await setImage(space, 'redis:7.0.5')
  const active = await canaryActive(space, 'redis:7.0.5')
  await expectCanaryOnDisplacedData(space)
  expect(active.status).toMatchObject({ stableReplicas: 2, canaryReplicas: 1, readyReplicas: 3 })
  expect(active.status?.message).toContain(
    `kubectl annotate canarystatefulset redis -n ${namespace} ${promoteAnnotation}=true`,
  )
  expect(await columns(namespace)).toEqual(['redis', 'CanaryActive', '2', '1', '3'])

  const approved = seen.podHistory.length
  await promote(space)
  await atRestOn(space, 'redis:7.0.5', { within: 90 })
  await expectAllData(space)
  expect(await runningMajors(space)).toEqual(['7', '7', '7'])
  expect(seen.resource()?.metadata.annotations ?? {}).not.toHaveProperty(promoteAnnotation)
  expect(boundClaims(seen)).toEqual(claims)
  expect(fewestReady(seen.podHistory, approved)).toBeGreaterThanOrEqual(2)

  const refused = seen.podHistory.length
  await setImage(space, 'redis:0.0.0-not-there')
  expect(await stalled(space, 'RevisionRejected')).toContain('redis:0.0.0-not-there was rejected')
  await atRestOn(space, 'redis:7.0.5')
  await expectAllData(space)
  // New code may have written to the displaced claim, for all that the objects tell: it is made again from its snapshot.
  expect(boundClaims(seen).slice(0, 2)).toEqual(claims.slice(0, 2))
  expect(boundClaims(seen)).toHaveLength(3)
  expect(fewestReady(seen.podHistory, refused)).toBeGreaterThanOrEqual(2)
  expect(conditionOf(seen.resource(), 'Ready')?.status).toBe('True')
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

async function expectCanaryOnDisplacedData({ seen }: Space): Promise<void> {
  const canary = podNamed(seen, 'redis-canary-2')
  expect(imageOf(canary.spec)).toBe('redis:7.0.5')
  expect(canary.spec.volumes?.flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? [])).toEqual([
    'data-redis-stable-2',
  ])
  expect(await command(canary, 'INFO', 'server')).toMatch(/redis_version:7\./)
  expect(await differences(canary, 'redis-stable-2')).toEqual([])
  const gone = firstMoment(
    seen.podHistory,
    ({ name, change }) => name === 'redis-stable-2' && change === 'deleted',
  )
  const runs = firstMoment(
    seen.podHistory,
    ({ name, phase }) => name === 'redis-canary-2' && phase === 'Running',
  )
  expect(gone).toBeGreaterThanOrEqual(0)
  expect(runs).toBeGreaterThan(gone)
}

/** What `kubectl get csts` prints, but the age. */
async function columns(namespace: string): Promise<readonly string[]> {
  const table = await kubectlOutput(['get', 'csts', '-n', namespace, '--no-headers'])
  return table.split(/\s+/).slice(0, 5)
}

async function runningMajors({ seen }: Space): Promise<readonly string[]> {
  const names = ['redis-stable-0', 'redis-stable-1', 'redis-stable-2']
  const infos = await Promise.all(names.map((name) => command(podNamed(seen, name), 'INFO', 'server')))
  return infos.map((info) => /redis_version:(\d+)/.exec(String(info))?.[1] ?? 'unknown')
}
