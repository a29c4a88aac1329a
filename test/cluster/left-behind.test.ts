/**
 * A resource that was deleted with everything that it owns left alone (`--cascade=orphan`), and is applied again: what was
 * left, Service and stored revisions, is taken up.
 */
import { expect, test } from 'vitest'
import { walkthrough } from '../harness/manifest.ts'
import { canaryStatefulSets } from '../harness/objects.ts'
import { runPrinted } from '../harness/printed-command.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { applyResource, openSpace } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

test('applied again over what its deletion left, it comes back with its data and its versions', async () => {
  const space = await openSpace('left-behind')
  const { seen, namespace, rest } = space
  const changes = { image: 'redis:7.0', replicas: 2, probe: true }
  await deploy(space, changes)
  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
  const claims = boundClaims(seen)
  const propagationPolicy = 'Orphan'
  await rest.delete(canaryStatefulSets, { namespace, name: 'redis' }, { propagationPolicy })
  await until(space, 'the resource is gone', () => seen.resource() === undefined)

  await applyResource(space, walkthrough({ namespace, ...changes }))
  await runPrinted(await stalled(space, 'StableMissing'))
  await atRestOn(space, 'redis:7.0')
  await expectAllData(space)
  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
  expect(boundClaims(seen)).toEqual(claims)
})
