/**
 * A promotion that has reached half of the replicas is taken back with their data: how long that takes, and how long a replica is
 * away. All but one serve meanwhile, so that it is the replicas' own time, one after the other.
 */
import { command, differences, fill } from '../test/harness/redis.ts'
import type { Bench, Figures } from './bench.ts'
import { besideAnOperator, install, removed } from './beside-an-operator.ts'
import { letVolumesGo } from './let-volumes-go.ts'
import { createOperated } from './operated.ts'
import type { Place } from './rollout-script.ts'
import {
  act,
  areReady,
  cluster,
  follow,
  type Milestone,
  ordinals,
  podsOf,
  type Shape,
} from './rollout-timeline.ts'

const shape: Shape = { name: 'operated', replicas: 4, canaries: 1, from: 'redis:7.0', to: 'redis:7.0.5' }
const stable = `${shape.name}-stable`
const half = shape.replicas / 2

export const halfDone: Bench = {
  name: 'half-done',
  about:
    'Four replicas of Redis with 1,000 keys each and a readiness probe on a real node. The image is reverted when two of them run the new one: from ' +
    'then until all four are Ready on the version before; then their keys are compared. Away: from the deletion of a pod until its ' +
    'successor is Ready, which is never longer than one at a time. By the operator, as `make run` starts it.',
  place: 'node',
  columns: {
    total: { title: 'all four Ready with their data, s', digits: 2 },
    letGo: { title: 'two let go of, s', digits: 2 },
    first: { title: 'first of them away, s', digits: 2 },
    second: { title: 'second of them away, s', digits: 2 },
  },
  prepare: install,
  measure: () => besideAnOperator('bench-half-done', measure),
}

async function measure(place: Place): Promise<Figures> {
  const { seen, hopeless } = place
  const operator = createOperated(place, shape, {
    snapshot: { policy: 'Required' },
  })
  await operator.deploy()
  await Promise.all(replicas().map((pod) => fill(pod, pod.metadata.name)))
  await operator.rollOut()
  await follow(
    seen,
    [cluster('half', () => areReady(seen, shape, stable, half))],
    () => operator.promote(),
    hopeless,
  )
  await Promise.all(reached().map((pod) => command(pod, 'SET', 'later', 'yes')))
  const { at, totalMs } = await follow(seen, backAgain(place), () => operator.rollBack(), hopeless)
  const wrong = await Promise.all(replicas().map((pod) => differences(pod, pod.metadata.name)))
  if (wrong.flat().length > 0) throw new Error(`a replica is not back with its data: ${wrong.flat()[0]}`)
  await removed(place, shape.name)
  await letVolumesGo(place)
  const between = (from: string, to: string) => ((at(to) ?? NaN) - (at(from) ?? NaN)) / 1000
  return {
    total: totalMs / 1000,
    letGo: (at('let go') ?? NaN) / 1000,
    first: between(`${half} leaves`, `${half} back`),
    second: between(`${half + 1} leaves`, `${half + 1} back`),
  }

  function replicas() {
    return podsOf(seen, stable)
  }

  function reached() {
    return replicas().filter(({ metadata }) => Number(metadata.name.split('-').at(-1)) >= half)
  }
}

function backAgain({ seen }: Place): readonly Milestone[] {
  const role = 'canary.example.com/role'
  const reached = Array.from({ length: shape.replicas - half }, (_, index) => half + index)
  const isReleased = (ordinal: number) =>
    seen.pod(`${stable}-${ordinal}`)?.metadata.labels?.[role] === 'released'
  const isLeaving = (ordinal: number) =>
    !ordinals(seen, stable).includes(ordinal) ||
    seen.pod(`${stable}-${ordinal}`)?.metadata.deletionTimestamp !== undefined
  const isBack = (ordinal: number) =>
    areReady(seen, { ...shape, to: shape.from, replicas: ordinal + 1 }, stable, ordinal)
  return [
    act('let go', () => reached.every(isReleased)),
    ...reached.flatMap((ordinal) => [
      act(`${ordinal} leaves`, () => isLeaving(ordinal)),
      cluster(`${ordinal} back`, () => isBack(ordinal)),
    ]),
  ]
}
