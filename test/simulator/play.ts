/**
 * Plays a story: a setting, then edits, each made when the world has come to rest. The whole of it is told as a log,
 * one line a move; the same story always gives the same log.
 */
import type { Action } from '../../src/core/action.ts'
import type { Plan } from '../../src/core/decision.ts'
import { plan } from '../../src/core/plan.ts'
import type { Rollout } from '../../src/core/record.ts'
import { sentence } from '../../src/core/reason.ts'
import { type Edit, type Setting, World } from './world.ts'

export interface Played {
  readonly log: readonly string[]
  readonly world: World
  /** Where it came to rest. */
  readonly last: Plan
  readonly writes: readonly Action[]
}

export interface Story {
  readonly setting: Setting
  readonly edits: readonly Edit[]
}

const moveLimit = 2_000

export function play(story: Story): Played {
  const world = new World(story.setting)
  const log: string[] = []
  const writes: Action[] = []
  const tell = (line: string) => log.push(line)
  let last = toRest(world, tell, writes)
  for (const edit of story.edits) {
    tell(`--- ${JSON.stringify(edit)}`)
    world.edit(edit)
    last = toRest(world, tell, writes)
  }
  return { log, world, last, writes }
}

/** The operator is always first, since it sees every event; the clock moves only when nobody else can. */
function toRest(world: World, tell: (line: string) => void, writes: Action[]): Plan {
  for (let move = 0; move < moveLimit; move++) {
    const next = plan(world.observe(), world.now)
    if (world.gone) {
      tellAftermath(world, tell)
      return next
    }
    if (next.status !== undefined) world.writeStatus(tellPhase(next, world, tell))
    if (next.next.kind === 'act') {
      world.apply(next.next.action)
      writes.push(next.next.action)
      tell(`operator: ${inWords(next.next.action)}`)
      for (const event of next.events ?? []) tell(`event: ${event.reason}: ${event.note}`)
      continue
    }
    if (next.next.kind === 'ask') {
      world.answer(next.next.question.kind)
      tell(`operator asks: ${next.next.question.kind}`)
      continue
    }
    const told = world.step()
    if (told !== undefined) {
      tell(`cluster: ${told}`)
      continue
    }
    if (next.wakeAt === undefined || next.wakeAt <= world.now) {
      tell(`at rest: ${sentence(next.reason)}`)
      return next
    }
    tell(`clock: ${(next.wakeAt - world.now) / 1000} s`)
    world.now = next.wakeAt
  }
  throw new Error(`no rest after ${moveLimit} moves`)
}

/** What the cluster does with what was left to it. */
function tellAftermath(world: World, tell: (line: string) => void): void {
  for (let told = world.step(); told !== undefined; told = world.step()) tell(`cluster: ${told}`)
}

function tellPhase(next: Plan, world: World, tell: (line: string) => void): Plan['status'] {
  const before = world.observe().resource.status
  const reasons = next.status?.conditions?.filter((condition) => condition.status === 'True')
  if (before?.phase !== next.status?.phase || before?.waiting?.for !== next.status?.waiting?.for)
    tell(
      `status: ${next.status?.phase} ${reasons?.map(({ type, reason }) => `${type}=${reason}`).join(' ')}`.trimEnd(),
    )
  return next.status
}

function stepOf({ step, steps }: Rollout): string {
  return steps.length === 1 ? '' : ` step=${step + 1}/${steps.length}`
}

function inWords(action: Action): string {
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
              : ` rollout=${record.id}${stepOf(rollout)} ${rollout.decision ?? 'undecided'} touched=${rollout.touched}`)
      return `${action.intent} ${JSON.stringify(change)}${said}`
    }
    case 'createStable':
      return `createStable ${action.revision} replicas ${action.replicas}`
    case 'armCanary':
      return `armCanary from ${action.ordinalsStart} replicas ${action.replicas}`
    case 'createRevision':
      return `createRevision ${action.revision}`
    case 'deleteRevision':
      return `deleteRevision ${action.stored.name}`
    case 'createCanary':
      return `createCanary ${action.revision} claims ${action.claimOrdinal ?? 'placeholder'}`
    default:
      return action.kind
  }
}
