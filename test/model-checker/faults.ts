/**
 * What goes wrong: caches that stand still (ours, and the set controller's), leaders that die, writes that land late, pods that
 * are evicted or fail.
 */
import { carryOut } from './apply.ts'
import { withPod } from './change.ts'
import { visible } from './storage.ts'
import { passTime } from './moments.ts'
import { forgetAnswers, takenOver } from './operator.ts'
import { type Age, type Budget, type Frozen, type Kind, type Move, nameOf, type World } from './world.ts'

/** Those that change something. */
export function faultMoves(world: World): Move[] {
  return [...flightMoves(world), ...podFaults(world)]
}

/** What is there is seen again, or grows old. */
export function quietMoves(world: World): Move[] {
  return [...cacheMoves(world), ...lagMoves(world), ...timeMoves(world)]
}

const kinds: readonly Kind[] = ['resource', 'sets', 'pods', 'claims', 'storage', 'jobs']

function cacheMoves(world: World): Move[] {
  const { frozen, budget } = world
  if (!kinds.some((kind) => frozen[kind] !== undefined)) return []
  const moves: Move[] = [{ what: 'all caches are current', world: thawed(world) }]
  if (frozen.standby && budget.takeovers > 0)
    moves.push({ what: 'the standby takes over', world: spend(takenOver(world), 'takeovers') })
  return moves
}

/**
 * The same move, and a cache that stands still from before it. (One that stands still while nothing changes shows what is
 * there: to begin later makes no difference.)
 */
export function unseenMoves(world: World, move: Move): Move[] {
  return [...unseenByOperator(world, move), ...unseenByController(world, move)]
}

function unseenByOperator(world: World, { what, world: after, wrote }: Move): Move[] {
  if (after.budget.freezes === 0) return []
  const { frozen } = after
  const still = kinds.filter((kind) => frozen[kind] !== undefined)
  const whose = [false, true].filter(
    (standby) =>
      (still.length === 0 || frozen.standby === standby) && (!standby || after.budget.takeovers > 0),
  )
  const missed = kinds.filter((kind) => frozen[kind] === undefined && isChanged(kind, world, after))
  return missed.flatMap((kind) =>
    whose.map((standby) => {
      const copy = copyOf(world, after, kind)
      const memory = wrote === kind && !standby ? { ...after.memory, unseen: kind } : after.memory
      return {
        what: `${what}; the ${standby ? 'standby' : 'leader'}'s ${kind} cache stands still before that`,
        world: spend({ ...after, memory, frozen: { ...frozen, standby, ...copy } }, 'freezes'),
      }
    }),
  )
}

function isChanged(kind: Kind, before: World, after: World): boolean {
  if (kind === 'sets') return before.stable !== after.stable || before.canary !== after.canary
  if (kind === 'storage') return visible(before.storage) !== visible(after.storage)
  return before[kind] !== after[kind]
}

function copyOf(
  { resource, stable, canary, pods, claims, storage, jobs }: World,
  after: World,
  kind: Kind,
): Partial<Frozen> {
  switch (kind) {
    case 'resource':
      return { resource }
    case 'sets':
      return {
        sets: {
          stable,
          canary,
          stableCurrent: stable === after.stable,
          canaryCurrent: canary === after.canary,
        },
      }
    case 'pods':
      return { pods }
    case 'claims':
      return { claims }
    case 'jobs':
      return { jobs }
    case 'storage':
      return storage === undefined ? {} : { storage: visible(storage) }
  }
}

function unseenByController(world: World, { what, world: after }: Move): Move[] {
  const { around, budget } = after
  if (budget.lags === 0 || around.controllerPods !== undefined || world.pods === after.pods) return []
  const still = { ...after, around: { ...around, controllerPods: world.pods } }
  return [
    {
      what: `${what}; the set controller's pods cache stands still before that`,
      world: spend(still, 'lags'),
    },
  ]
}

/** The caches catch up, so a write of ours is seen. What was answered about an older spec counts no more. */
export function thawed(world: World): World {
  const { frozen, resource } = world
  const { unseen: _, ...memory } = world.memory
  const isOutdated =
    frozen.resource !== undefined &&
    !frozen.standby &&
    JSON.stringify(frozen.resource.spec) !== JSON.stringify(resource.spec)
  return { ...world, frozen: { standby: false }, memory: isOutdated ? { answers: {} } : memory }
}

export function flightMoves(world: World): Move[] {
  return world.flights.flatMap((action) => {
    const rest = { ...world, flights: world.flights.filter((other) => other !== action) }
    const carried = carryOut(rest, action)
    const lost: Move = { what: `the late ${action.kind} is lost or refused`, world: rest }
    return carried === undefined ? [lost] : [{ what: `the late ${action.kind} lands`, world: carried }, lost]
  })
}

/** The set controller's cache of pods. */
export function lagMoves(world: World): Move[] {
  const { controllerPods, ...current } = world.around
  if (controllerPods === undefined) return []
  return [{ what: "the set controller's pods cache is current", world: { ...world, around: current } }]
}

function podFaults(world: World): Move[] {
  const { evictions, failures } = world.budget
  return world.pods.flatMap((pod) => {
    if (pod.deleting || pod.role === 'foreign' || pod.role === 'job') return []
    const name = nameOf(pod)
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
