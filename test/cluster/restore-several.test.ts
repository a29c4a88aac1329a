/** Several replicas that go back together, because somebody wants it or because their canaries fail. */
import { expect, test } from 'vitest'
import { keptVolumes } from '../harness/kept-volumes.ts'
import type { PodSpec } from '../harness/objects.ts'
import { fewestReady, sharedClaims } from '../harness/pod-history.ts'
import { command, differences } from '../harness/redis.ts'
import {
  annotate,
  atRestOn,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const from = 'redis:7.0'
const to = 'redis:7.0.5'
const volumes = { snapshot: { policy: 'Required' } } as const

test.each([
  { canaryReplicas: 2, replicas: 4, title: 'two of four' },
  { canaryReplicas: 3, replicas: 3, title: 'all three' },
])('$title are aborted, and each is back with its own data', async ({ replicas, canaryReplicas }) => {
  const space = await openSpace(`restore-${canaryReplicas}`)
  const { seen } = space
  await deploy(space, { image: from, replicas, canaryReplicas, volumes })
  const kept = displacedVolumes(space, replicas, canaryReplicas)
  const started = seen.podHistory.length
  await setImage(space, to)
  await canaryActive(space, to)
  const canaries = seen.pods().filter(({ metadata }) => metadata.name.startsWith('redis-canary-'))
  expect(canaries).toHaveLength(canaryReplicas)
  await Promise.all(canaries.map((pod) => command(pod, 'SET', 'later', 'yes')))

  await annotate(space, 'canary.example.com/abort', 'true')
  await stalled(space, 'RevisionRejected', { within: 90 })
  await atRestOn(space, from)
  await expectAllData(space)
  expect(keptVolumes(space)).toEqual(kept)
  expect(fewestReady(seen.podHistory, started)).toBeGreaterThanOrEqual(replicas - canaryReplicas)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('canaries that spoil their data and fail are taken back by themselves, to the data from before', async () => {
  const space = await openSpace('restore-failed')
  const { seen } = space
  await deploy(space, { image: from, replicas: 3, canaryReplicas: 2, volumes })
  const kept = displacedVolumes(space, 3, 2)
  await changeResource(space, { spec: { template: { template: { spec: { containers: spoiling(space) } } } } })
  expect(await stalled(space, 'RevisionRejected', { within: 90 })).toContain('keeps crashing')
  await until(space, 'all replicas are ready again', () => seen.resource()?.status?.readyReplicas === 3)
  for (const name of ['redis-stable-0', 'redis-stable-1', 'redis-stable-2'])
    expect(await differences(podNamed(seen, name), name)).toEqual([])
  expect(keptVolumes(space)).toEqual(kept)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

/** The same Redis, which overwrites its file before it starts and cannot open it then. */
function spoiling({ seen }: Space): PodSpec['containers'] {
  const containers = seen.resource()?.spec.template.template?.spec?.containers ?? []
  const command = ['sh', '-c', 'echo spoiled > /data/dump.rdb && exec redis-server --protected-mode no']
  return containers.map((container) => ({ ...container, image: from, command }))
}

/** As they will be listed when they are kept. */
function displacedVolumes({ seen }: Space, replicas: number, canaries: number): readonly string[] {
  const ordinals = Array.from({ length: canaries }, (_, index) => replicas - canaries + index)
  const names = ordinals.map((ordinal) => `data-redis-stable-${ordinal}`)
  return names.map((name) => `${name} ${seen.claim(name)?.spec.volumeName}`)
}
