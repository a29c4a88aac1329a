/**
 * The operator's moves: a visit as src/controller makes it (plan on the caches; again with a live LIST where the action
 * rests on pods; then one write, or one question), and what may become of it: carried out and heard of, or sent by a
 * leader that is dead by the time it lands. `plan` itself is the one that runs in production.
 */
import { type Action, restsOnPods, restsOnResource, restsOnSets } from '../../src/core/action.ts'
import type { Plan } from '../../src/core/decision.ts'
import type { Observation } from '../../src/core/observation.ts'
import { plan } from '../../src/core/plan.ts'
import type { Question, QuestionKind } from '../../src/core/question.ts'
import { carryOut } from './apply.ts'
import { judge } from './ledger.ts'
import { judgeMigration } from './jobs.ts'
import { judgeGivenUp, judgeTold } from './promises-of-data.ts'
import { now } from './moments.ts'
import { judgeMoveForward } from './moves-forward.ts'
import type { Parts } from './parts.ts'
import { visible } from './storage.ts'
import { observationOf, type Seen, throughCaches } from './observe.ts'
import {
  type Job,
  type Kind,
  type Memory,
  type Move,
  type Pod,
  type Resource,
  type Setting,
  Violation,
  type World,
} from './world.ts'

export type Planner = (seen: Seen) => Plan

/** Many worlds look alike to the operator: what was planned for one is planned for all. */
export function createPlanner(setting: Setting, parts: Parts): Planner {
  const plans = new Map<string, Plan>()
  return (seen) => {
    const { resource, stable, canary, pods, claims, storage, jobs, revisions, service, answers } = seen
    const key = [
      parts.numberOf('resource', resource),
      parts.numberOf('stable', stable),
      parts.numberOf('canary', canary),
      parts.numberOf('pods', pods),
      parts.numberOf('claims', claims),
      parts.numberOf('storage', storage),
      parts.numberOf('jobs', jobs),
      seen.outdatedJobs.join(' '),
      seen.outdated.join(' '),
      parts.numberOf('revisions', revisions),
      parts.numberOf('memory', answers),
      service,
      seen.stableCurrent,
      seen.canaryCurrent,
    ].join()
    const known = plans.get(key)
    if (known !== undefined) return known
    const made = planOf(observationOf(seen, setting))
    plans.set(key, made)
    return made
  }
}

function planOf(observation: Observation): Plan {
  try {
    return plan(observation, now)
  } catch (error) {
    throw new Violation(`plan throws: ${String(error)}`)
  }
}

/** What the operator would do now: nothing where its caches do not show its own last write yet. */
export function visit(world: World, planner: Planner): Plan | undefined {
  if (world.resource.gone || world.memory.unseen !== undefined) return undefined
  const seen = throughCaches(world)
  if (seen.resource.gone) return undefined
  const first = planner(seen)
  if (first.next.kind !== 'act' || !restsOnPods(first.next.action)) return first
  const live = withLive(seen, world, first)
  const checked = planner(live)
  if (needsNoMore(first, checked)) return checked
  return planner(withLive(withLive(seen, world, first), world, checked))
}

/** As the controller reads it: what people ask for, and the sets, where the action rests on them; then the pods. */
function withLive(seen: Seen, world: World, { next }: Plan): Seen {
  if (next.kind !== 'act') return seen
  const asked = restsOnResource(next.action) ? asPeopleHaveIt(seen, world) : seen
  return withLivePods(restsOnSets(next.action) ? withLiveSets(asked, world) : asked, world)
}

function needsNoMore(first: Plan, checked: Plan): boolean {
  const more = (rests: (action: Action) => boolean) => restsOn(checked, rests) && !restsOn(first, rests)
  return !more(restsOnResource) && !more(restsOnSets)
}

function restsOn({ next }: Plan, rests: (action: Action) => boolean): boolean {
  return next.kind === 'act' && rests(next.action)
}

function withLiveSets(seen: Seen, { stable, canary }: World): Seen {
  return { ...seen, stable, stableCurrent: true, canary, canaryCurrent: true }
}

function asPeopleHaveIt(seen: Seen, { resource }: World): Seen {
  return { ...seen, resource }
}

/** Strangers' pods are known from the cache only. */
function withLivePods(from: Seen, { pods, claims, storage, jobs }: World): Seen {
  const withVolumes = restores(from) ? withLiveVolumes(from, storage) : from
  const seen = withLiveJobs(withVolumes, jobs)
  const isForeign = ({ role }: Pod) => role === 'foreign'
  if (seen.pods === pods || !(seen.pods.some(isForeign) || pods.some(isForeign)))
    return { ...seen, pods, claims }
  const own = pods.filter((pod) => !isForeign(pod))
  return { ...seen, pods: [...own, ...seen.pods.filter(isForeign)], claims }
}

/** Ours where there are any, and those of somebody else where they count. */
function withLiveJobs(seen: Seen, live: readonly Job[]): Seen {
  const { stable, resource, jobs } = seen
  const { rollout } = stable?.record ?? {}
  const hasOurs = rollout?.migration?.job !== undefined || rollout?.backups === true
  const { type } = (rollout === undefined ? resource.spec.migration : rollout.migration) ?? {}
  const isLive = ({ theirs }: Job) => (theirs ? type === 'External' : hasOurs)
  if (jobs === live || !(jobs.some(isLive) || live.some(isLive))) return seen
  const read = [...live.filter(isLive), ...jobs.filter((job) => !isLive(job))]
  const stale = seen.outdatedJobs.filter((uid) => read.some((job) => job.uid === uid && !isLive(job)))
  return { ...seen, jobs: read, outdatedJobs: stale }
}

function restores({ stable }: Seen): boolean {
  return stable?.record?.rollout?.restores === true
}

/** Those that are kept; snapshots are known from the cache only. */
function withLiveVolumes(seen: Seen, storage: World['storage']): Seen {
  const live = storage && visible(storage)
  if (live === undefined || seen.storage === live) return seen
  const snapshots = seen.storage?.snapshots ?? []
  return { ...seen, storage: { ...live, snapshots }, outdated: [] }
}

export function operatorMoves(world: World, planner: Planner): Move[] {
  const decided = visit(world, planner)
  if (decided === undefined) return []
  const told = withStatus(world, decided)
  const { next, wakeAt } = decided
  if (wakeAt !== undefined && wakeAt <= now)
    throw new Violation(`it asks to be woken at a moment that has passed (${decided.reason.code})`)
  if (next.kind === 'act') return act(told, next.action, decided)
  if (next.kind === 'ask') return answers(told, next.question)
  return told === world ? [] : [{ what: `the operator says ${decided.reason.code}`, world: told }]
}

function act(world: World, action: Action, { rule, events }: Plan): Move[] {
  judge(world, action)
  judgeGivenUp(world, action, events)
  judgeTold(world, action, events)
  judgeMigration(world, action, events)
  const what = `the operator (${rule}): ${action.kind}${'intent' in action ? ` ${action.intent}` : ''}`
  const holds = isOnCurrent(action)
  if (holds) judgeMoveForward(world, action)
  const carried = holds ? carryOut(world, action) : undefined
  const moves: Move[] = carried === undefined ? [] : [heard(carried, action, what)]
  if (world.budget.takeovers > 0) {
    const budget = { ...world.budget, takeovers: world.budget.takeovers - 1 }
    const flights = holds ? [...world.flights, action] : world.flights
    moves.push({
      what: `${what}: sent, and its leader dies`,
      world: takenOver({ ...world, budget, flights }),
    })
  }
  const question = questionOf(action)
  if (world.budget.refusals > 0 && question !== undefined)
    moves.push({ what: `${what}: is refused`, world: answered(world, question, 'no') })
  return moves
}

/** What it changes is as the decision took it to be. */
function isOnCurrent(action: Action): boolean {
  if (action.kind === 'resumeJob') return action.job.resourceVersion === 'current'
  if (action.kind === 'freeVolume' || action.kind === 'releaseVolume')
    return action.volume.resourceVersion === 'current'
  return !('set' in action) || action.set.resourceVersion === 'current'
}

/** As whose answer the refusal of a write counts. */
function questionOf(action: Action): QuestionKind | undefined {
  return action.kind === 'createJob' ? questionsOfJobs[action.purpose] : questions[action.kind]
}

const questionsOfJobs = {
  migrate: 'migrationJob',
  check: 'checkJob',
  backup: 'backupJob',
  restore: 'restoreJob',
} as const

const questions: Readonly<Partial<Record<Action['kind'], QuestionKind>>> = {
  createStable: 'stableSet',
  createCanary: 'canarySet',
}

/** The write was confirmed; where its cache stands still, nothing is decided until it has shown it. */
function heard(world: World, action: Action, what: string): Move {
  const wrote = kindOf(action)
  if (wrote === undefined) return { what, world }
  const isUnseen = !world.frozen.standby && world.frozen[wrote] !== undefined
  return { what, world: isUnseen ? { ...world, memory: { ...world.memory, unseen: wrote } } : world, wrote }
}

function kindOf(action: Action): Kind | undefined {
  switch (action.kind) {
    case 'addFinalizer':
    case 'removeFinalizer':
    case 'removeAnnotation':
      return 'resource'
    case 'createRevision':
    case 'renewRevision':
    case 'deleteRevision':
    case 'createService':
      return undefined
    case 'deletePod':
    case 'pinPod':
    case 'unpinPod':
    case 'releasePod':
      return 'pods'
    case 'deleteClaim':
    case 'createClaim':
      return 'claims'
    case 'createSnapshot':
    case 'deleteSnapshot':
    case 'keepVolume':
    case 'freeVolume':
    case 'releaseVolume':
      return 'storage'
    case 'createJob':
    case 'resumeJob':
    case 'deleteJob':
      return 'jobs'
    default:
      return 'sets'
  }
}

/** Another process leads: it remembers nothing, and what its caches show may be old. */
export function takenOver(world: World): World {
  return { ...world, memory: { answers: {} }, frozen: { ...world.frozen, standby: false } }
}

function answers(world: World, { kind }: Question): Move[] {
  const put = (answer: 'yes' | 'no' | 'never'): Move => ({
    what: `${kind} is answered ${answer}`,
    world: answered(world, kind, answer),
  })
  if (kind === 'guard' || kind === 'handover') return [put(world.around[kind] ? 'yes' : 'no')]
  return world.budget.refusals === 0 ? [put('yes')] : [put('yes'), put('no'), put('never')]
}

/** What the API server refuses without a reason of this world is a fault. */
function answered(world: World, kind: QuestionKind, answer: 'yes' | 'no' | 'never'): World {
  const { budget, memory } = world
  const isFault = answer !== 'yes' && kind !== 'guard' && kind !== 'handover'
  return {
    ...world,
    budget: isFault ? { ...budget, refusals: budget.refusals - 1 } : budget,
    memory: { ...memory, answers: { ...memory.answers, [kind]: answer } },
  }
}

/** A `no` that may change is asked again; a `yes` counts for a minute only. */
export function forgetAnswers({ answers: known }: Memory, which: 'yes' | 'no'): Memory['answers'] {
  return Object.fromEntries(Object.entries(known).filter(([, answer]) => answer !== which))
}

/** Of the status only what is read back: since when a canary has been awaited. */
const readBack = ['CanaryStarting', 'CanaryFailing']

function withStatus(world: World, { status }: Plan): World {
  const { resource } = world
  const awaited = status?.waiting?.for
  const waiting = awaited !== undefined && readBack.includes(awaited) ? awaited : undefined
  if (status === undefined || resource.waiting?.for === waiting) return world
  const { waiting: _, ...rest } = resource
  const changed: Resource = waiting === undefined ? rest : { ...rest, waiting: { for: waiting, age: 0 } }
  return { ...world, resource: changed }
}
