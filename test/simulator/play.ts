/**
 * Plays a story: a setting, then edits, each made when the world has come to rest. The whole of it is told as a log,
 * one line a move; the same story in the same order always gives the same log.
 */
import type { Action } from '../../src/core/action.ts'
import type { Plan } from '../../src/core/decision.ts'
import { earliest } from '../../src/core/facts.ts'
import type { Rollout } from '../../src/core/record.ts'
import { sentence } from '../../src/core/reason.ts'
import { clusterMoves } from './cluster.ts'
import { createHistory, follow, type History } from './history.ts'
import { createOperator, type Operator, type Visit } from './operator.ts'
import { nextDeadline } from './jobs.ts'
import { edit } from './people.ts'
import type { Edit, Setting } from './setting.ts'
import { nextReady } from './storage.ts'
import { createWorld, nextAvailable, type World } from './world.ts'

export interface Story {
  readonly setting: Setting
  readonly edits: readonly Edit[]
}

export interface Played {
  readonly log: readonly string[]
  readonly world: World
  /** Where it came to rest. */
  readonly last: Plan
  readonly writes: readonly Action[]
  /** What happened to each object. */
  readonly told: History['told']
  /** Each time that it came to rest: the reason, and what had happened by then. */
  readonly rests: readonly Rest[]
}

export interface Rest {
  readonly reason: Plan['reason']['code']
  readonly told: History['told']
}

/** Which of so many moves comes next. */
export type Order = (count: number) => number

/** Nobody is slow: caches are told at once, the operator comes next, the cluster moves when it has nothing to do. */
export const prompt: Order = () => 0

/** Somebody who is told what happens. */
export interface Audience {
  readonly visited?: (visit: Visit, before: Plan['status']) => void
  readonly moved?: (what: string) => void
  readonly waited?: (milliseconds: number) => void
}

export function play(story: Story, order: Order = prompt): Played {
  const world = createWorld(story.setting)
  const operator = createOperator(world)
  const log: string[] = []
  const writes: Action[] = []
  const history = createHistory()
  const look = follow(history, world)
  const telling = tellInto(log)
  const audience: Audience = {
    visited(visit, before) {
      look()
      telling.visited(visit, before)
      if (visit.did === 'acted' && visit.plan.next.kind === 'act') writes.push(visit.plan.next.action)
    },
    moved(what) {
      look()
      telling.moved(what)
    },
    waited: telling.waited,
  }
  const rests: Rest[] = []
  const rest = () => {
    const last = toRest(world, operator, order, audience)
    rests.push({ reason: last.reason.code, told: structuredClone(history.told) })
    if (!world.resource.gone) log.push(`at rest: ${sentence(last.reason)}`)
    return last
  }
  let last = rest()
  for (const made of story.edits) {
    log.push(`--- ${JSON.stringify(made)}`)
    edit(world, made)
    look()
    last = rest()
  }
  return { log, world, last, writes, told: history.told, rests }
}

/** One line for what is worth telling of each move. */
export function tellInto(log: string[]): Required<Audience> {
  return {
    visited: (visit, before) => void log.push(...told(visit, before)),
    moved: (what) => void log.push(`cluster: ${what}`),
    waited: (milliseconds) => void log.push(`clock: ${milliseconds / 1000} s`),
  }
}

const moveLimit = 3_000

export function toRest(world: World, operator: Operator, order: Order, audience: Audience = {}): Plan {
  for (let move = 0; move < moveLimit; move++)
    if (!step(world, operator, order, audience)) return operator.visit().plan
  throw new Error(`no rest after ${moveLimit} moves`)
}

/** A move, or the clock's, which moves only when nobody else can, and no further than somebody waits for. False at rest. */
export function step(world: World, operator: Operator, order: Order, audience: Audience = {}): boolean {
  if (moveOnce(world, operator, order, audience)) return true
  const until = earliest(operator.wakeAt(), nextAvailable(world), nextReady(world), nextDeadline(world))
  if (until === undefined) return false
  if (until <= world.now) throw new Error(`it asks to be woken at ${until}, and it is ${world.now}`)
  audience.waited?.(until - world.now)
  world.now = until
  return true
}

/** One move of whoever comes next; false where nobody can move. */
export function moveOnce(world: World, operator: Operator, order: Order, audience: Audience = {}): boolean {
  const stale = operator.stale()
  const visits = operator.isDue() ? 1 : 0
  const moves = clusterMoves(world)
  const count = stale.length + visits + moves.length
  if (count === 0) return false
  const picked = order(count)
  const kind = stale[picked]
  if (kind !== undefined) {
    operator.tell(kind)
  } else if (picked < stale.length + visits) {
    const before = world.resource.status
    const visit = operator.visit()
    audience.visited?.(visit, before)
  } else {
    const what = moves[picked - stale.length - visits]?.()
    if (what !== undefined) audience.moved?.(what)
  }
  return true
}

function told({ plan, did }: Visit, before: Plan['status']): string[] {
  const { next, events = [] } = plan
  const lines = did === 'nothing' ? phaseOf(plan, before) : []
  if (did === 'acted' && next.kind === 'act') {
    lines.push(`operator: ${inWords(next.action)}`)
    lines.push(...events.map(({ reason, note }) => `event: ${reason}: ${note}`))
  }
  if (did === 'asked' && next.kind === 'ask') lines.push(`operator asks: ${next.question.kind}`)
  return lines
}

function phaseOf({ status }: Plan, before: Plan['status']): string[] {
  if (status === undefined) return []
  if (before?.phase === status.phase && before?.waiting?.for === status.waiting?.for) return []
  const reasons = status.conditions?.filter((condition) => condition.status === 'True') ?? []
  return [
    `status: ${status.phase} ${reasons.map(({ type, reason }) => `${type}=${reason}`).join(' ')}`.trimEnd(),
  ]
}

function stepOf({ step, steps }: Rollout): string {
  return steps.length === 1 ? '' : ` step=${step + 1}/${steps.length}`
}

function migrationOf({ migration }: Rollout): string {
  if (migration === undefined) return ''
  const { started, done, failed } = migration
  const state = failed ? 'failed' : done ? 'done' : started ? 'started' : 'wanted'
  return ` migration=${state}`
}

function restoresOf({ restores, unrestored, restored }: Rollout): string {
  const filled = restored === undefined ? '' : ` filled ${Object.keys(restored).join(', ')}`
  return `${restores ? ' restores' : ''}${unrestored === undefined ? '' : ` but ${unrestored.join(', ')}`}${filled}`
}

function contentOf({ volume, snapshot, backup }: Extract<Action, { kind: 'createClaim' }>): string {
  if (backup !== undefined) return `empty, for the backup of ${backup}`
  return snapshot === undefined ? `on ${volume}` : `from ${snapshot.name}`
}

/** One line for a write. */
export function inWords(action: Action): string {
  switch (action.kind) {
    case 'changeStable': {
      const { record, ...change } = action.change
      const rollout = record?.rollout
      const said =
        record === undefined
          ? ''
          : ` record accepted=${record.accepted}${record.rejected === undefined ? '' : ` rejected=${record.rejected}`}` +
            (rollout === undefined
              ? ''
              : ` rollout=${record.id}${stepOf(rollout)} ${rollout.decision ?? 'undecided'} touched=${rollout.touched}${restoresOf(rollout)}${migrationOf(rollout)}`)
      return `${action.intent} ${JSON.stringify(change)}${said}`
    }
    case 'createStable':
      return `createStable ${action.revision} replicas ${action.replicas}`
    case 'armCanary':
      return `armCanary from ${action.ordinalsStart} replicas ${action.replicas}`
    case 'createRevision':
      return `createRevision ${action.revision}`
    case 'renewRevision':
    case 'deleteRevision':
      return `${action.kind} ${action.stored.name}`
    case 'createCanary':
      return `createCanary ${action.revision} claims ${action.claimOrdinal ?? 'placeholder'}`
    case 'createSnapshot':
      return `createSnapshot ${action.snapshot}`
    case 'deleteSnapshot':
      return `${action.kind} ${action.snapshot.name}`
    case 'keepVolume':
    case 'freeVolume':
    case 'releaseVolume':
      return `${action.kind} ${typeof action.volume === 'string' ? action.volume : action.volume.name}`
    case 'createJob': {
      const names = action.claims.map(({ name }) => name).join(', ')
      return `createJob ${action.job} ${action.mounts ? 'on' : 'beside'} ${names}`.trimEnd()
    }
    case 'resumeJob':
    case 'deleteJob':
      return `${action.kind} ${action.job.name}`
    case 'deleteClaim':
      return `deleteClaim ${action.claim.name}`
    case 'createClaim':
      return `createClaim ${action.claim} ${contentOf(action)}`
    default:
      return action.kind
  }
}
