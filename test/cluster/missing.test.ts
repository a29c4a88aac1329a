/** A resource that is applied again over the claims of one that was deleted: a person decides, by a printed command. */
import { expect, test } from 'vitest'
import { walkthrough } from '../harness/manifest.ts'
import { runPrinted } from '../harness/printed-command.ts'
import { atRestOn, boundClaims, deploy, expectAllData, stalled } from '../harness/rollout.ts'
import { applyResource, deleteResource, openSpace } from '../harness/space.ts'

test('a resource applied again over kept claims waits for a person, and comes back with its data', async () => {
  const space = await openSpace('missing')
  const { seen, namespace } = space
  await deploy(space, { image: 'redis:7.0' })
  const claims = boundClaims(seen)
  await deleteResource(space)

  const from = seen.podHistory.length
  await applyResource(space, walkthrough({ namespace, image: 'redis:7.0', probe: true }))
  const sentence = await stalled(space, 'StableMissing')
  expect(sentence).toContain('data-redis-stable-0')
  expect(seen.podHistory.slice(from).filter(({ change }) => change === 'added')).toEqual([])

  await runPrinted(sentence)
  await atRestOn(space, 'redis:7.0')
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(Object.keys(seen.resource()?.metadata.annotations ?? {})).not.toContain('canary.example.com/force')
})
