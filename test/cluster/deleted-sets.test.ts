/**
 * Managed sets that are deleted by hand, with the guard lifted: stable at rest and beside a canary, which is a person's
 * decision to mend, by the command that the status prints; and the canary's, which is made anew.
 */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { bringGuardBack, liftGuard } from '../harness/by-hand.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import { runPrinted } from '../harness/printed-command.ts'
import { differences } from '../harness/redis.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const old = 'redis:7.0'
const next = 'redis:7.0.5'

test('stable, deleted without its pods, is made anew around them by the printed command', async () => {
  const space = await openSpace('stable-orphaned')
  const { seen } = space
  await deploy(space, { image: old, replicas: 2 })
  const claims = boundClaims(seen)
  const before = uidsOf(space)

  await liftGuard(space)
  await remove(space, 'statefulset', 'redis-stable', '--cascade=orphan')
  const sentence = await stalled(space, 'StableMissing')
  expect(sentence).toContain('StatefulSet redis-stable is missing while data-redis-stable-0 is still there')
  await runPrinted(sentence)
  await until(space, 'there is a stable set again', () => seen.set('redis-stable') !== undefined)
  await atRestOn(space, old)

  expect(uidsOf(space)).toEqual(before)
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
})

test('stable, deleted with its pods beside a canary, comes back with all data, and the next rollout works', async () => {
  const space = await openSpace('stable-deleted')
  const { seen } = space
  await deploy(space, { image: old })
  const claims = boundClaims(seen)
  await setImage(space, next)
  await canaryActive(space, next)
  const canary = podNamed(seen, 'redis-canary-2').metadata.uid

  await liftGuard(space)
  await remove(space, 'statefulset', 'redis-stable')
  await stalled(space, 'StableMissing')
  await until(space, 'the pods of stable are gone', () => seen.pods().length === 1)
  expect(podNamed(seen, 'redis-canary-2').metadata.uid).toBe(canary)
  expect(await differences(podNamed(seen, 'redis-canary-2'), 'redis-stable-2')).toEqual([])

  await setImage(space, old)
  await until(space, 'the command starts the version before', () =>
    seen.resource()?.status?.message?.includes(`To start ${old}, every replica at once`),
  )
  await runPrinted(await stalled(space, 'StableMissing'))
  await atRestOn(space, old)
  await expectAllData(space)

  await bringGuardBack(space)
  await setImage(space, next)
  await canaryActive(space, next)
  await promote(space)
  await atRestOn(space, next)
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test.each(['background', 'orphan'])(
  'the canary set, deleted by hand (%s), is made anew on the same data, and promoted',
  async (cascade) => {
    const space = await openSpace(`canary-deleted-${cascade}`)
    const { seen } = space
    await deploy(space, { image: old, replicas: 2 })
    const claims = boundClaims(seen)
    await setImage(space, next)
    await canaryActive(space, next)
    const before = seen.set('redis-canary')?.metadata.uid

    await liftGuard(space)
    await remove(space, 'statefulset', 'redis-canary', `--cascade=${cascade}`)
    await until(space, 'there is another canary set', () => {
      const set = seen.set('redis-canary')
      return set !== undefined && set.metadata.uid !== before
    })
    await canaryActive(space, next)
    expect(await differences(podNamed(seen, 'redis-canary-1'), 'redis-stable-1')).toEqual([])
    await bringGuardBack(space)
    await promote(space)
    await atRestOn(space, next)
    await expectAllData(space)
    expect(boundClaims(seen)).toEqual(claims)
    expect(sharedClaims(seen.podHistory)).toEqual([])
  },
)

function uidsOf({ seen }: Space): readonly string[] {
  return seen
    .pods()
    .map(({ metadata }) => `${metadata.name} ${metadata.uid}`)
    .toSorted()
}

async function remove({ namespace }: Space, ...what: readonly string[]): Promise<void> {
  await kubectlOutput(['delete', ...what, '--wait=false', '--namespace', namespace])
}
