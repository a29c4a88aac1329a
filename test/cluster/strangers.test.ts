/** What people may not do behind the operator's back is refused, in words that say what to do instead. */
import { expect, test } from 'vitest'
import { kubectl } from '../../tools/kubectl.ts'
import {
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  promote,
  atRestOn,
  setImage,
} from '../harness/rollout.ts'
import { openSpace } from '../harness/space.ts'

test("strangers' changes of a managed set and of a held claim are refused in plain words", async () => {
  const space = await openSpace('strangers')
  const { seen, namespace } = space
  await deploy(space, { image: 'redis:7.0', replicas: 2 })
  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
  const before = [boundClaims(seen), seen.sets().map(({ metadata }) => [metadata.uid, metadata.generation])]

  const changeThat =
    /StatefulSet redis-(stable|canary) is managed by CanaryStatefulSet redis: change that instead/
  const deleteThat = /StatefulSet redis-stable is managed by CanaryStatefulSet redis: delete that instead/
  const record =
    /annotations of StatefulSet redis-stable are the record of CanaryStatefulSet redis: annotate that/
  const held =
    /claim data-redis-stable-[01] holds the data of a replica of CanaryStatefulSet redis: scale that down/
  const refused: readonly (readonly [command: string, words: RegExp])[] = [
    ['scale statefulset redis-stable --replicas=2', changeThat],
    ['scale statefulset redis-canary --replicas=0', changeThat],
    ['set image statefulset/redis-stable redis=redis:8.0', changeThat],
    ['annotate statefulset redis-stable canary.example.com/rollout-', record],
    ['delete statefulset redis-stable --wait=false', deleteThat],
    ['delete pvc data-redis-stable-0 --wait=false', held],
    ['delete pvc data-redis-stable-1 --wait=false', held],
    ['delete pvc --all --wait=false', held],
  ]
  for (const [command, words] of refused) {
    const { ok, stderr } = await kubectl([...command.split(' '), '--namespace', namespace])
    expect(stderr, command).toMatch(words)
    expect(ok, command).toBe(false)
  }

  expect([boundClaims(seen), seen.sets().map(({ metadata }) => [metadata.uid, metadata.generation])]).toEqual(
    before,
  )
  await promote(space)
  await atRestOn(space, 'redis:7.0.5')
  await expectAllData(space)
})
