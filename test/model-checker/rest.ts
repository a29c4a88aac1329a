/**
 * Eventually stable (as Anvil, OSDI 2024, calls it): from any world, once nothing goes wrong any more and nobody edits
 * anything, a fair run comes to rest. Which rest it is, is read off the last plan.
 */
import type { Plan } from '../../src/core/decision.ts'
import { sentence } from '../../src/core/reason.ts'
import { clusterMoves } from './cluster.ts'
import { judgeBackupAtRest, judgeMigrationAtRest } from './jobs.ts'
import { flightMoves, lagMoves, thawed, timeMoves } from './faults.ts'
import { forgetAnswers, operatorMoves, type Planner, visit } from './operator.ts'
import { judgeAwaited, judgeBlocked, judgeLeftovers, judgeStillKept } from './promises-of-data.ts'
import { type Move, type Setting, Violation, type World } from './world.ts'

export interface Rest {
  readonly world: World
  /** The word for where it rests: the reason of the last plan, or `gone`. */
  readonly as: string
  /** What people read. */
  readonly says: string
}

/** Far more moves than any fair run was seen to need: what is still moving then moves for ever. */
export const longestRun = 600

export function comeToRest(from: World, setting: Setting, planner: Planner): Rest {
  let world = from
  for (let length = 0; length < longestRun; length++) {
    const move = fairMove(world, setting, planner)
    if (move === undefined) return restAt(world, planner)
    world = move.world
  }
  throw new Violation('it never comes to rest')
}

/** Time passes only when nothing else can happen, and no further than it must. */
export function fairMove(world: World, setting: Setting, planner: Planner): Move | undefined {
  if (Object.keys(world.frozen).length > 1) return { what: 'all caches are current', world: thawed(world) }
  const [late] = flightMoves(world)
  if (late !== undefined) return late
  const [caught] = lagMoves(world)
  if (caught !== undefined) return caught
  const [decided] = operatorMoves(world, planner)
  if (decided !== undefined) return decided
  const [moved] = clusterMoves(world, setting)
  if (moved !== undefined) return moved
  return waking(world, planner)
}

/** Nobody but the clock moves: whoever could act afterwards must have asked to be woken. */
function waking(world: World, planner: Planner): Move | undefined {
  const [later] = timeMoves(world).filter(({ what }) => what.startsWith('time'))
  if (later === undefined) return askAgain(world)
  const before = visit(world, planner)
  const after = visit(later.world, planner)
  if (before !== undefined && before.wakeAt === undefined && !sameNext(before, after))
    throw new Violation(
      `after ${later.what} the operator would act (${after?.rule}), but nothing wakes it (${before.reason.code})`,
    )
  return later
}

function sameNext(before: Plan, after: Plan | undefined): boolean {
  return JSON.stringify(before.next) === JSON.stringify(after?.next)
}

/** A `no` is asked again in the end; it leads somewhere only where the answer would be another one now. */
function askAgain(world: World): Move | undefined {
  const { memory, around } = world
  const { guard, handover, ...others } = memory.answers
  const again =
    Object.values(others).includes('no') ||
    (guard === 'no' && around.guard) ||
    (handover === 'no' && around.handover)
  if (!again) return undefined
  return {
    what: 'a no is asked again',
    world: { ...world, memory: { ...memory, answers: forgetAnswers(memory, 'no') } },
  }
}

/** Nothing moves any more. */
export function restAt(world: World, planner: Planner): Rest {
  const reason = world.resource.gone ? undefined : visit(world, planner)?.reason
  const as = reason?.code ?? (world.resource.gone ? 'gone' : 'asleep')
  const isUsed = world.stable?.record?.rollout !== undefined || leavesAlone.includes(as)
  if (world.canary?.replicas === 0 && !isUsed)
    throw new Violation(`an inert canary set is left behind (${as})`)
  if (tidy.includes(as)) judgeLeftovers(world)
  if (as === 'RestoreBlocked') judgeBlocked(world)
  if (as === 'RollbackBlocked') judgeStillKept(world)
  if (awaitsSnapshot.includes(as)) judgeAwaited(world)
  judgeMigrationAtRest(world, as)
  judgeBackupAtRest(world, as)
  if (as === 'RolloutPaused' && world.pods.some(({ state }) => state === 'stopped'))
    throw new Violation('a replica that was stopped for its snapshot stays away in a pause')
  return { world, as, says: reason === undefined ? '' : sentence(reason) }
}

const awaitsSnapshot = ['Snapshotting', 'SnapshotNotReady']

/** Where nothing is under way. */
const tidy = ['Stable', 'RevisionRejected']

/** Where the operator touches nothing. */
const leavesAlone = ['TwoWriters', 'Unmatched', 'ForeignSet', 'RecordUnreadable', 'Paused']
