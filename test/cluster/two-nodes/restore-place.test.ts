/** A restored volume is made where the one before was, though the scheduler would rather have the other node. */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../../tools/kubectl.ts'
import { placeOf } from '../../harness/kept-volumes.ts'
import { sharedClaims } from '../../harness/pod-history.ts'
import { atRestOn, canaryActive, deploy, expectAllData, podNamed, setImage } from '../../harness/rollout.ts'
import { openSpace } from '../../harness/space.ts'

const from = 'redis:7.0'
const to = 'redis:7.0.5'
const displaced = 'data-redis-stable-2'

test('a replica comes back on the node of its volume, beside which everything was empty', async () => {
  const space = await openSpace('place')
  const { seen } = space
  await kubectlOutput(['cordon', 'n2'])
  try {
    await deploy(space, { image: from, volumes: { snapshot: { policy: 'Required' } } })
  } finally {
    await kubectlOutput(['uncordon', 'n2'])
  }
  const original = seen.claim(displaced)?.spec.volumeName
  const place = await placeOf(space, original)

  await setImage(space, to)
  await canaryActive(space, to)
  await setImage(space, from)
  await atRestOn(space, from)
  await expectAllData(space)

  const restored = seen.claim(displaced)?.spec.volumeName
  expect(restored).not.toBe(original)
  expect(await placeOf(space, restored)).toEqual(place)
  expect(podNamed(seen, 'redis-stable-2').spec.nodeName).toBe('n1')
  expect(sharedClaims(seen.podHistory)).toEqual([])
})
