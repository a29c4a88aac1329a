/** Two canaries: the hand-over policy gives each the claim of the replica that it displaces. */
import { expect, test } from 'vitest'
import { fewestReady, firstMoment, sharedClaims } from '../harness/pod-history.ts'
import { command, differences } from '../harness/redis.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  setImage,
} from '../harness/rollout.ts'
import { openSpace, type Space } from '../harness/space.ts'

test('two Redis 7 canaries run on the data of the two replicas they displaced, and are promoted', async () => {
  const space = await openSpace('k2')
  const { seen } = space
  await deploy(space, { image: 'redis:6.2.6', replicas: 4, canaryReplicas: 2 })
  const claims = boundClaims(seen)
  expect(claims).toHaveLength(4)

  const started = seen.podHistory.length
  await setImage(space, 'redis:7.0.5')
  const active = await canaryActive(space, 'redis:7.0.5')
  expect(active.status).toMatchObject({ stableReplicas: 2, canaryReplicas: 2, readyReplicas: 4 })
  await expectOnDisplacedClaim(space, 2)
  await expectOnDisplacedClaim(space, 3)

  await promote(space)
  await atRestOn(space, 'redis:7.0.5', { within: 90 })
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(fewestReady(seen.podHistory, started)).toBeGreaterThanOrEqual(2)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

async function expectOnDisplacedClaim({ seen }: Space, ordinal: number): Promise<void> {
  const canary = podNamed(seen, `redis-canary-${ordinal}`)
  const mounted = canary.spec.volumes?.flatMap((volume) => volume.persistentVolumeClaim?.claimName ?? [])
  expect(mounted).toEqual([`data-redis-stable-${ordinal}`])
  expect(await command(canary, 'INFO', 'server')).toMatch(/redis_version:7\./)
  expect(await differences(canary, `redis-stable-${ordinal}`)).toEqual([])
  const { podHistory } = seen
  const gone = firstMoment(
    podHistory,
    ({ name, change }) => name === `redis-stable-${ordinal}` && change === 'deleted',
  )
  const runs = firstMoment(
    podHistory,
    ({ name, phase }) => name === canary.metadata.name && phase === 'Running',
  )
  expect(gone).toBeGreaterThanOrEqual(0)
  expect(runs).toBeGreaterThan(gone)
}
