/** What Kubernetes' StatefulSet controller does, case by case, as its source has it. */
import { expect, it } from 'vitest'
import { type ControlledPod, type ControlledSet, hasCaughtUp, setMoves } from './set-controller.ts'

const three: ControlledSet = {
  revision: 'new',
  current: 'old',
  replicas: 3,
  start: 0,
  partition: 0,
  ordered: false,
}
const ordered: ControlledSet = { ...three, ordered: true }

function pod(ordinal: number, revision = 'new'): ControlledPod {
  return { ordinal, revision, deleting: false, ready: true, available: true }
}

function unready(ordinal: number, revision?: string): ControlledPod {
  return { ...pod(ordinal, revision), ready: false, available: false }
}

/** Ready, but not for minReadySeconds. */
function young(ordinal: number, revision?: string): ControlledPod {
  return { ...pod(ordinal, revision), available: false }
}

function leaving(ordinal: number, revision?: string): ControlledPod {
  return { ...pod(ordinal, revision), deleting: true }
}

interface Case {
  readonly title: string
  readonly set: ControlledSet
  readonly pods: readonly ControlledPod[]
  readonly moves: readonly string[]
}

const cases: readonly Case[] = [
  { title: 'Parallel creates all that are missing', set: three, pods: [pod(1)], moves: ['+0 new', '+2 new'] },
  { title: 'OrderedReady creates the lowest that is missing', set: ordered, pods: [], moves: ['+0 new'] },
  { title: 'OrderedReady waits for one that is not available', set: ordered, pods: [young(0)], moves: [] },
  {
    title: 'below the partition a pod comes back on the current revision',
    set: { ...three, partition: 2 },
    pods: [pod(0, 'old'), pod(2)],
    moves: ['+1 old'],
  },
  {
    title: 'the partition is counted from the first ordinal',
    set: { ...three, start: 5, partition: 2 },
    pods: [pod(5, 'old'), pod(7)],
    moves: ['+6 old'],
  },
  {
    title: 'Parallel removes all that are too many, and updates beside them',
    set: { ...three, replicas: 1 },
    pods: [pod(0, 'old'), unready(1), pod(2)],
    moves: ['-2', '-1', '-0'],
  },
  {
    title: 'OrderedReady removes one at a time, from the top',
    set: { ...ordered, replicas: 1 },
    pods: [pod(0), pod(1), pod(2)],
    moves: ['-2'],
  },
  {
    title: 'OrderedReady removes a top pod that alone is not available',
    set: { ...ordered, replicas: 1 },
    pods: [pod(0), pod(1), unready(2)],
    moves: ['-2'],
  },
  {
    title: 'OrderedReady stalls on two condemned pods that are not available',
    set: { ...ordered, replicas: 1 },
    pods: [pod(0), unready(1), unready(2)],
    moves: [],
  },
  {
    title: 'OrderedReady removes nothing while one of its replicas is not available',
    set: { ...ordered, replicas: 1 },
    pods: [unready(0), pod(1)],
    moves: [],
  },
  {
    title: 'the top one that is outdated is replaced, available or not',
    set: three,
    pods: [pod(0, 'old'), unready(1, 'old'), pod(2)],
    moves: ['-1'],
  },
  {
    title: 'a new pod that is not available keeps those below it from being replaced',
    set: three,
    pods: [pod(0, 'old'), pod(1, 'old'), young(2)],
    moves: [],
  },
  {
    title: 'nobody is replaced below the partition',
    set: { ...three, partition: 2 },
    pods: [pod(0, 'old'), pod(1, 'old'), pod(2)],
    moves: [],
  },
  {
    title: 'OrderedReady leaves an outdated pod standing that is not available',
    set: ordered,
    pods: [pod(0, 'old'), pod(1, 'old'), unready(2, 'old')],
    moves: [],
  },
]

it.each(cases)('$title', ({ set, pods, moves }) => {
  const made = setMoves(set, pods).map((move) =>
    move.kind === 'create' ? `+${move.ordinal} ${move.revision}` : `-${move.pod.ordinal}`,
  )
  expect(made).toEqual(moves)
})

it('has caught up when all are Ready on the new revision, and no other pod is there', () => {
  const all = [pod(0), pod(1), young(2)]
  expect(hasCaughtUp(three, all)).toBe(true)
  expect(hasCaughtUp(three, [...all, leaving(3)])).toBe(false)
  expect(hasCaughtUp(three, [pod(0), pod(1), leaving(2)])).toBe(false)
  expect(hasCaughtUp(three, [pod(0, 'old'), pod(1), pod(2)])).toBe(false)
  expect(hasCaughtUp({ ...three, replicas: 0 }, [])).toBe(true)
})
