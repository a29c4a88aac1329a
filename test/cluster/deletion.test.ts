/**
 * Deleting a resource in every phase and in each of the ways that people do it: the canary goes first, then stable, then
 * the resource itself; claims stay, and nothing else does.
 */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { canaryStatefulSets, statefulSets } from '../harness/objects.ts'
import { startOperator } from '../harness/operator.ts'
import { firstMoment } from '../harness/pod-history.ts'
import { openSpace } from '../harness/space.ts'
import {
  type Cascade,
  cascades,
  claimsOf,
  type Held,
  heldPhases,
  inEachPhase,
  letGo,
  patiently,
  reachPhase,
  timeoutMs,
} from './phases.ts'
import { belongings, type Belongings } from './belongings.ts'

test(
  'in every phase, in the background, in the foreground, and with what it owns left alone',
  async () => {
    let deletions = 0
    await inEachPhase(3, async (phase) => {
      const space = await openSpace('delete')
      const operator = await startOperator(space)
      const owned = await belongings(space)
      await Promise.all(
        cascades.map(async (cascade) => {
          const held: Held = { space, name: cascade.toLowerCase(), deletionPolicy: 'Delete' }
          await reachPhase(phase, held)
          await expectGoneInOrder(held, cascade)
          await expectNothingLeft(held, owned, cascade)
          deletions += 1
        }),
      )
      await operator.stop()
    })
    console.log(`deleted ${deletions} resources in ${heldPhases.length} situations`)
  },
  timeoutMs,
)

test(
  'with its whole namespace, in the middle of a promotion',
  async () => {
    await inEachPhase(3, async (phase) => {
      if (phase.phase !== 'Promoting') return
      const space = await openSpace('delete-namespace')
      const { namespace } = space
      await startOperator(space)
      const held: Held = { space, name: 'redis', deletionPolicy: 'Delete' }
      await reachPhase(phase, held)
      await kubectlOutput(['delete', 'namespace', namespace, '--wait=false'])
      // Pods go first in a namespace, so one that does not end would keep the resource from being deleted.
      await letGo(held)
      await kubectlOutput(['wait', '--for=delete', `namespace/${namespace}`, '--timeout=90s'])
    })
  },
  timeoutMs,
)

async function expectGoneInOrder(held: Held, cascade: Cascade): Promise<void> {
  const { space, name } = held
  const { seen, rest, namespace } = space
  const claims = claimsOf(held)
  const hadCanary = seen.pods().some((pod) => pod.metadata.name.startsWith(`${name}-canary-`))
  const from = seen.podHistory.length

  await rest.delete(canaryStatefulSets, { namespace, name }, { propagationPolicy: cascade })
  const isTold = () => seen.resource(name)?.status?.phase === 'Terminating'
  const isGone = () => seen.resource(name) === undefined
  await patiently(space, `the deletion of ${name} is told, or done`, () => isTold() || isGone())
  await letGo(held)
  await patiently(space, `${name} is gone`, isGone)
  // Live, for it was the operator that had to wait: nothing of ours may be left when the finalizer goes.
  const { items } = await rest.list(statefulSets, {
    namespace,
    labelSelector: `canary.example.com/name=${name}`,
  })
  expect(items.map(({ metadata }) => metadata.name)).toEqual([])
  const podsLeft = seen.pods().filter((pod) => pod.metadata.labels?.['canary.example.com/name'] === name)
  expect(podsLeft.map(({ metadata }) => metadata.name)).toEqual([])

  const stableLeaves = firstMoment(
    seen.podHistory,
    (moment) => moment.leaving && moment.name.startsWith(`${name}-stable-`),
    from,
  )
  const canaryGone = firstMoment(
    seen.podHistory,
    (moment) => moment.change === 'deleted' && moment.name.startsWith(`${name}-canary-`),
    from,
  )
  if (hadCanary) expect(canaryGone).toBeGreaterThanOrEqual(0)
  if (hadCanary) expect(canaryGone).toBeLessThan(stableLeaves)
  expect(claimsOf(held)).toEqual(claims)
}

/** What it owned is collected; or left without an owner, where that was asked for. */
async function expectNothingLeft(held: Held, owned: Belongings, cascade: Cascade): Promise<void> {
  if (cascade === 'Orphan') {
    await owned.until(held, 'are left alone', (objects) =>
      objects.every(({ metadata }) => !metadata.ownerReferences),
    )
    return
  }
  await owned.until(held, 'are collected', (objects) => objects.length === 0)
}
