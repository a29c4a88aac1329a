/**
 * A deletion that leaves the replicas, in every phase and in each of the ways that people do it. What stays is a
 * StatefulSet that anybody can manage, with its Service, all of its replicas and all of their data.
 */
import { expect, test } from 'vitest'
import { canaryStatefulSets, imageOf, isReady, type Pod, services, statefulSets } from '../harness/objects.ts'
import { startOperator } from '../harness/operator.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import { differences } from '../harness/redis.ts'
import { changeResource, openSpace } from '../harness/space.ts'
import {
  type Cascade,
  cascades,
  claimsOf,
  type Held,
  type HeldPhase,
  heldPhases,
  inEachPhase,
  letGo,
  patiently,
  reachPhase,
  timeoutMs,
  serviceOf,
} from './phases.ts'

test(
  'in every phase, in the background, in the foreground, and with what it owns left alone',
  async () => {
    let deletions = 0
    await inEachPhase(3, async (phase) => {
      const space = await openSpace('orphan')
      const operator = await startOperator(space)
      await Promise.all(
        cascades.map(async (cascade) => {
          // Said from the beginning, or only in the end.
          const deletionPolicy = cascade === 'Background' ? 'Delete' : 'Orphan'
          const held: Held = { space, name: cascade.toLowerCase(), deletionPolicy }
          await reachPhase(phase, held)
          await expectLeft(held, phase, cascade)
          deletions += 1
        }),
      )
      expect(sharedClaims(space.seen.podHistory)).toEqual([])
      await operator.stop()
    })
    console.log(`deleted ${deletions} resources in ${heldPhases.length} situations; their replicas stayed`)
  },
  timeoutMs,
)

async function expectLeft(held: Held, phase: HeldPhase, cascade: Cascade): Promise<void> {
  const { space, name } = held
  const { seen, rest, namespace } = space
  const claims = claimsOf(held)
  const untouched = podsOf(held).filter((pod) => isAsItStays(pod, phase))

  await changeResource(space, { spec: { deletionPolicy: 'Orphan' } }, name)
  await rest.delete(canaryStatefulSets, { namespace, name }, { propagationPolicy: cascade })
  const isTold = () => seen.resource(name)?.status?.phase === 'Terminating'
  const isGone = () => seen.resource(name) === undefined
  await patiently(space, `the deletion of ${name} is told, or done`, () => isTold() || isGone())
  await letGo(held)
  await patiently(space, `${name} is gone`, isGone)
  if (phase.stays.length === 0) return

  await patiently(space, `the replicas of ${name} are ${phase.stays.join(', ')}`, () =>
    areAsTheyStay(held, phase),
  )
  const after = podsOf(held)
  expect(after.map(({ metadata }) => metadata.uid)).toEqual(
    expect.arrayContaining(untouched.map(({ metadata }) => metadata.uid)),
  )
  for (const pod of phase.broken === true ? [] : after)
    expect(await differences(pod, pod.metadata.name)).toEqual([])
  expect(claimsOf(held)).toEqual(claims)
  await expectNobodys(held)
}

/** Live, so that nothing is collected behind our back in the meantime; and then anybody may delete it. */
async function expectNobodys({ space: { rest, namespace, seen }, name }: Held): Promise<void> {
  expect(seen.set(`${name}-canary`)).toBeUndefined()
  const stable = await rest.get(statefulSets, { namespace, name: `${name}-stable` })
  expect(stable.metadata.labels).not.toHaveProperty('canary.example.com/uid')
  expect(stable.metadata.ownerReferences).toBeUndefined()
  const service = await rest.get(services, { namespace, name: serviceOf(name) })
  expect(service.metadata.ownerReferences).toBeUndefined()
  await rest.delete(statefulSets, { namespace, name: `${name}-stable` })
}

function areAsTheyStay(held: Held, phase: HeldPhase): boolean {
  const replicas = podsOf(held)
  return replicas.length === phase.stays.length && replicas.every((pod) => isAsItStays(pod, phase))
}

function isAsItStays(pod: Pod, { stays, broken }: HeldPhase): boolean {
  const image = stays[Number(pod.metadata.name.split('-').at(-1))]
  const isHere = pod.metadata.deletionTimestamp === undefined && pod.metadata.name.includes('-stable-')
  return isHere && imageOf(pod.spec) === image && (broken === true || isReady(pod))
}

function podsOf({ space, name }: Held): readonly Pod[] {
  const ours = space.seen.pods().filter((pod) => pod.metadata.name.startsWith(`${name}-`))
  return ours.toSorted((one, other) => (one.metadata.name < other.metadata.name ? -1 : 1))
}
