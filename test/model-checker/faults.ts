/** What goes wrong: caches that stand still, leaders that die, writes that land late, pods that are evicted or fail. */
import { carryOut } from './apply.ts'
import { withPod } from './change.ts'
import { passTime } from './moments.ts'
import { forgetAnswers, takenOver } from './operator.ts'
import type { Age, Budget, Frozen, Kind, Move, World } from './world.ts'

export function faultMoves(world: World): Move[] {
  return [...cacheMoves(world), ...flightMoves(world), ...podFaults(world), ...timeMoves(world)]
}

const kinds: readonly Kind[] = ['resource', 'sets', 'pods', 'claims']

function cacheMoves(world: World): Move[] {
  const { frozen, budget } = world
  const still = kinds.filter((kind) => frozen[kind] !== undefined)
  const moves: Move[] = still.length === 0 ? [] : [{ what: 'all caches are current', world: thawed(world) }]
  const whose = [true, false].filter((standby) => still.length === 0 || frozen.standby === standby)
  if (budget.freezes > 0) moves.push(...whose.flatMap((standby) => freezes(world, standby)))
  if (still.length > 0 && frozen.standby && budget.takeovers > 0)
    moves.push({ what: 'the standby takes over', world: spend(takenOver(world), 'takeovers') })
  return moves
}

function freezes(world: World, standby: boolean): Move[] {
  const { frozen } = world
  return kinds
    .filter((kind) => frozen[kind] === undefined)
    .map((kind) => ({
      what: `the ${standby ? 'standby' : 'leader'}'s ${kind} cache stands still`,
      world: spend({ ...world, frozen: { ...frozen, standby, ...copyOf(world, kind) } }, 'freezes'),
    }))
}

function copyOf({ resource, stable, canary, pods, claims }: World, kind: Kind): Partial<Frozen> {
  switch (kind) {
    case 'resource':
      return { resource: { resource, current: true } }
    case 'sets':
      return { sets: { stable, canary, stableCurrent: true, canaryCurrent: true } }
    case 'pods':
      return { pods }
    case 'claims':
      return { claims }
  }
}

/** The caches catch up, so a write of ours is seen. */
export function thawed(world: World): World {
  const { unseen: _, ...memory } = world.memory
  return { ...world, frozen: { standby: false }, memory }
}

export function flightMoves(world: World): Move[] {
  const { flight } = world
  if (flight === undefined) return []
  const rest = { ...world, flight: undefined }
  const carried = flight.holds ? carryOut(rest, flight.action) : undefined
  const lost: Move = { what: `the late ${flight.action.kind} is lost or refused`, world: rest }
  return carried === undefined
    ? [lost]
    : [{ what: `the late ${flight.action.kind} lands`, world: carried }, lost]
}

function podFaults(world: World): Move[] {
  const { evictions, failures } = world.budget
  return world.pods.flatMap((pod) => {
    if (pod.deleting) return []
    const name = `redis-${pod.role}-${pod.ordinal}`
    const moves: Move[] = []
    if (evictions > 0)
      moves.push({
        what: `${name} is evicted`,
        world: spend(withPod(world, pod, { ...pod, deleting: true, age: 0 }), 'evictions'),
      })
    if (failures > 0 && pod.state === 'ready')
      for (const state of ['running', 'crashing'] as const)
        moves.push({
          what: `${name} is ${state} no longer ready`,
          world: spend(withPod(world, pod, { ...pod, state, age: 0 }), 'failures'),
        })
    return moves
  })
}

const ages: readonly Age[] = [1, 2, 3]

export function timeMoves(world: World): Move[] {
  const moves: Move[] = []
  for (const age of ages) {
    const later = passTime(world, age)
    if (later !== undefined) moves.push({ what: `time passes (${agesInWords[age]})`, world: later })
  }
  for (const which of ['yes', 'no'] as const) {
    const answers = forgetAnswers(world.memory, which)
    if (Object.keys(answers).length < Object.keys(world.memory.answers).length)
      moves.push({ what: `a ${which} is too old`, world: { ...world, memory: { ...world.memory, answers } } })
  }
  return moves
}

const agesInWords = ['', 'minReadySeconds', 'the bake', 'the deadline'] as const

function spend(world: World, what: Exclude<keyof Budget, 'edits'>): World {
  return { ...world, budget: { ...world.budget, [what]: world.budget[what] - 1 } }
}
