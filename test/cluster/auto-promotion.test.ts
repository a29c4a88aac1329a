/**
 * Promotion by itself: a canary bakes and the rollout goes all the way with nobody watching, though the operator is
 * killed in the middle of the bake and starts again.
 */
import { expect, test } from 'vitest'
import { startOperator } from '../harness/operator.ts'
import { fewestReady, sharedClaims } from '../harness/pod-history.ts'
import { atRestOn, boundClaims, deploy, expectAllData, podNamed, setImage } from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const bakeSeconds = 12

test('a canary that has baked is promoted by itself, though the operator was killed meanwhile', async () => {
  const space = await openSpace('auto')
  const { seen } = space
  const operator = await deploy(space, { image: 'redis:7.0' })
  const claims = boundClaims(seen)

  const started = seen.podHistory.length
  await changeResource(space, { spec: { promotion: { type: 'auto', bakeSeconds } } })
  await setImage(space, 'redis:7.0.5')
  await until(space, 'the canary bakes', () => seen.resource()?.status?.waiting?.for === 'Baking')
  const readySince = readinessOf(space, 'redis-canary-2')
  await operator.kill()
  await startOperator(space)
  const decidedAt = await until(space, 'the promotion is decided', () => decided(space))
  expect(decidedAt).toBeGreaterThanOrEqual(readySince + bakeSeconds * 1000)
  await atRestOn(space, 'redis:7.0.5', { within: 90 })

  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(fewestReady(seen.podHistory, started)).toBeGreaterThanOrEqual(2)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

/** Since when the pod is Ready. */
function readinessOf({ seen }: Space, name: string): number {
  const ready = podNamed(seen, name).status?.conditions?.find(({ type }) => type === 'Ready')
  expect(ready?.status).toBe('True')
  return Date.parse(ready?.lastTransitionTime ?? '')
}

/** The moment at which the record says that promotion was decided. */
function decided({ seen }: Space): number | false {
  const text = seen.set('redis-stable')?.metadata.annotations?.['canary.example.com/rollout']
  const { rollout } = JSON.parse(text ?? '{}') as {
    readonly rollout?: { readonly decision?: string; readonly at: { readonly decided?: number } }
  }
  return rollout?.decision === 'promote' && (rollout.at.decided ?? false)
}
