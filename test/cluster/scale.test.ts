/** Scaling by the scale subresource in the middle of a rollout: held, said, and heeded when the rollout is closed. */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import { differences } from '../harness/redis.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  podNamed,
  promote,
  setImage,
} from '../harness/rollout.ts'
import { openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const old = 'redis:7.0'
const next = 'redis:7.0.5'

test('scaled down in a promotion, and up beside a canary that is taken back: heeded when it is over', async () => {
  const space = await openSpace('scale')
  const { seen } = space
  await deploy(space, { image: old })
  const claims = boundClaims(seen)
  await setImage(space, next)
  await canaryActive(space, next)
  await promote(space)
  await until(space, 'the promotion is decided', () => seen.resource()?.status?.phase === 'Promoting')
  await scale(space, 2)
  await until(space, 'all three replicas were moved', () => isPromoted(space))
  await atRestOn(space, next)
  expect(seen.pods()).toHaveLength(2)

  await setImage(space, old)
  await canaryActive(space, old)
  await scale(space, 3)
  await until(space, 'the third replica is held', () =>
    seen.resource()?.status?.message?.includes('Held until this rollout is closed: spec.replicas 3.'),
  )
  expect(seen.pods()).toHaveLength(2)
  await setImage(space, next)
  await atRestOn(space, next)

  expect(seen.pods()).toHaveLength(3)
  for (const name of ['redis-stable-0', 'redis-stable-1', 'redis-stable-2'])
    expect(await differences(podNamed(seen, name), name)).toEqual([])
  expect(boundClaims(seen)).toEqual(claims)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

async function scale({ namespace }: Space, replicas: number): Promise<void> {
  await kubectlOutput(['scale', 'csts', 'redis', `--replicas=${replicas}`, '--namespace', namespace])
}

/** Every one of the three was ready on the new version before the set shrank. */
function isPromoted({ seen }: Space): boolean {
  const names = seen.podHistory.flatMap(({ name, ready, image }) =>
    ready && image === next && name.includes('-stable-') ? [name] : [],
  )
  return new Set(names).size === 3
}
