/**
 * What is left: by a resource that was deleted with everything that it owns left alone (`--cascade=orphan`), and is applied again, so that
 * Service and stored revisions are taken up; and by an operator that is taken away in the middle of a promotion.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { walkthrough } from '../harness/manifest.ts'
import { canaryStatefulSets, isReady } from '../harness/objects.ts'
import { commandIn, runPrinted } from '../harness/printed-command.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  promote,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { applyResource, openSpace } from '../harness/space.ts'
import { strikeStorage } from '../harness/storage-faults.ts'
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

test('without its operator a replica that was stopped for its snapshot is released by the command of the README', async () => {
  const space = await openSpace('pinned')
  const { seen, namespace } = space
  const stopped = 'redis-stable-1'
  const operator = await deploy(space, {
    image: 'redis:7.0',
    replicas: 3,
    volumes: { snapshot: { policy: 'Auto' } },
  })
  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
  strikeStorage(space, 'create-snapshot', 'UNAVAILABLE: busy')
  await promote(space)
  const uid = await until(
    space,
    'the next replica has ended, and its name is kept',
    () => {
      const { metadata, status } = seen.pod(stopped) ?? {}
      return metadata?.deletionTimestamp !== undefined && status?.phase === 'Succeeded' && metadata.uid
    },
    { within: 120 },
  )
  await operator.stop()

  await runPrinted(commandOfReadme(stopped).replace('-n default', `-n ${namespace}`))
  await until(space, 'its set has made it again', () => {
    const pod = seen.pod(stopped)
    return isReady(pod) && pod?.metadata.uid !== uid
  })
  await expectAllData(space)
})

/** That is about this pod. */
function commandOfReadme(pod: string): string {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const [line] = readme.split('\n').filter((text) => text.includes(`kubectl patch pod ${pod} `))
  return commandIn(line ?? '')
}
