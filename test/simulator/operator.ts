/**
 * The operator as src/controller runs it: it decides on what its caches have been told, looks live where an action rests
 * on it, makes one write or asks one question a visit, and does not look again before its caches have told of its own
 * write. The decision is the real `plan`.
 */
import { type Action, restsOnPods, restsOnResource, restsOnSets } from '../../src/core/action.ts'
import { canonicalJson } from '../../src/core/canonical-json.ts'
import type { Plan } from '../../src/core/decision.ts'
import type { Observation } from '../../src/core/observation.ts'
import { snapshotsByJobs } from '../../src/core/jobs/backups.ts'
import { plan } from '../../src/core/plan.ts'
import type { Answer, Question, QuestionKind } from '../../src/core/question.ts'
import { apply, Refused } from './apply.ts'
import { judgeEvents, recordOf } from './promises.ts'
import {
  changeResource,
  minReadySecondsOf,
  type SimulatedSet,
  type SimulatedVolume,
  type World,
} from './world.ts'

/** What one cache is told at once. */
export const kinds = [
  'resource',
  'sets',
  'pods',
  'claims',
  'snapshots',
  'volumes',
  'jobs',
  'revisions',
] as const
export type Kind = (typeof kinds)[number]

/** Objects as a cache has them, or as they are. */
interface Seen
  extends Pick<World, 'resource' | 'pods' | 'claims' | 'snapshots' | 'jobs' | 'revisions' | 'service'> {
  readonly stable: SimulatedSet | undefined
  readonly canary: SimulatedSet | undefined
  /** Those with a note: of no others is it told. */
  readonly volumes: readonly SimulatedVolume[]
}

export interface Visit {
  readonly plan: Plan
  /** What became of its action or question; a refused write is one that rested on an older state. */
  readonly did: 'acted' | 'asked' | 'was refused' | 'nothing'
}

export interface Operator {
  /** Caches that could be told of something now. */
  stale(): readonly Kind[]
  /** This cache stands still until another is named, or none. */
  hold(kind: Kind | undefined): void
  tell(kind: Kind): void
  /** Something was told, or it is time, and no write of its own is still to be told. */
  isDue(): boolean
  visit(): Visit
  /** When it wants to look again though nothing is told. */
  wakeAt(): number | undefined
  /** Its process ends, and another begins: it remembers nothing, and lists everything. */
  restart(): void
}

export function createOperator(world: World): Operator {
  let cached = seenIn(world)
  let wakeAt: number | undefined
  let isTold = true
  let held: Kind | undefined
  const unseen = new Set<Kind>()
  /** By the generations that they are about. */
  let answers: { readonly scope: string; readonly given: Partial<Record<QuestionKind, Answer>> } = none

  function planOn(seen: Seen): Plan {
    const scope = `${seen.resource.generation}/${seen.stable?.uid}/${seen.stable?.generation}`
    if (answers.scope !== scope) answers = { scope, given: {} }
    return plan(observationOf(world, seen, answers.given), world.now)
  }

  /** Planned again with everything live that the action rests on; that may lead to one that rests on more. */
  function decide(): Plan {
    const first = planOn(cached)
    if (first.next.kind !== 'act' || !restsOnPods(first.next.action)) return first
    const live = withLive(cached, first)
    const checked = planOn(live)
    return checked.next.kind === 'act' ? planOn(withLive(live, checked)) : checked
  }

  function withLive(seen: Seen, { next }: Plan): Seen {
    if (next.kind !== 'act') return seen
    const { pods, claims, jobs, resource, sets } = world
    return {
      ...seen,
      ...(hasJob(seen) && { jobs }),
      ...(restsOnResource(next.action) && { resource }),
      ...(restsOnSets(next.action) && { stable: sets.stable, canary: sets.canary }),
      pods,
      claims,
    }
  }

  function act(action: Action, events: Plan['events']): Visit['did'] {
    judgeEvents(action, events)
    try {
      apply(world, action, cached.resource)
    } catch (error) {
      if (error instanceof Refused) return 'was refused'
      throw error
    }
    unseen.add(kindOf(action))
    return 'acted'
  }

  function carryOut({ next, events }: Plan): Visit['did'] {
    if (next.kind === 'act') return act(next.action, events)
    if (next.kind !== 'ask') return 'nothing'
    answers = {
      ...answers,
      given: { ...answers.given, [next.question.kind]: answerTo(world, next.question) },
    }
    isTold = true
    return 'asked'
  }

  function writeStatus({ status }: Plan): void {
    const before = world.resource.status
    if (status === undefined || canonicalJson(status) === canonicalJson(before ?? {})) return
    changeResource(world, { status })
    unseen.add('resource')
  }

  return {
    // Of what it wrote itself it is told even where that is undone already.
    stale: () => kinds.filter((kind) => kind !== held && (unseen.has(kind) || isStale(kind, cached, world))),
    hold(kind) {
      held = kind
    },
    tell(kind) {
      cached = { ...cached, ...partOf(kind, world) }
      unseen.delete(kind)
      isTold = true
    },
    isDue: () => unseen.size === 0 && (isTold || (wakeAt !== undefined && wakeAt <= world.now)),
    visit() {
      isTold = false
      const decided = decide()
      wakeAt = decided.wakeAt
      const did = cached.resource.gone ? 'nothing' : carryOut(decided)
      if (did !== 'was refused' && !cached.resource.gone) writeStatus(decided)
      return { plan: decided, did }
    },
    wakeAt: () => wakeAt,
    restart() {
      cached = seenIn(world)
      unseen.clear()
      answers = none
      isTold = true
    },
  }
}

function hasJob({ stable }: Seen): boolean {
  const rollout = recordOf(stable)?.rollout
  return rollout?.migration?.job !== undefined || rollout?.backups === true
}

const none = { scope: '', given: {} }

function seenIn(world: World): Seen {
  const { resource, sets, pods, claims, snapshots, jobs, revisions, service } = world
  const volumes = world.volumes.filter(({ kept }) => kept !== undefined)
  return {
    resource,
    stable: sets.stable,
    canary: sets.canary,
    pods,
    claims,
    snapshots,
    volumes,
    jobs,
    revisions,
    service,
  }
}

function partOf(kind: Kind, world: World): Partial<Seen> {
  const { resource, stable, canary, pods, claims, snapshots, volumes, jobs, revisions, service } =
    seenIn(world)
  switch (kind) {
    case 'resource':
      return { resource }
    case 'sets':
      return { stable, canary }
    case 'pods':
      return { pods }
    case 'claims':
      return { claims }
    case 'snapshots':
      return { snapshots }
    case 'volumes':
      return { volumes }
    case 'jobs':
      return { jobs }
    case 'revisions':
      return { revisions, service }
  }
}

function isStale(kind: Kind, cached: Seen, world: World): boolean {
  return Object.entries(partOf(kind, world)).some(
    ([name, value]) => !isSame(cached[name as keyof Seen], value),
  )
}

/** Objects are replaced where they change. */
function isSame(one: unknown, other: unknown): boolean {
  if (!Array.isArray(one) || !Array.isArray(other)) return one === other
  return one.length === other.length && one.every((object, index) => object === other[index])
}

/** The cache that will tell of the write. */
function kindOf({ kind }: Action): Kind {
  switch (kind) {
    case 'addFinalizer':
    case 'removeFinalizer':
    case 'removeAnnotation':
      return 'resource'
    case 'createRevision':
    case 'renewRevision':
    case 'deleteRevision':
    case 'createService':
    case 'releaseService':
      return 'revisions'
    case 'deletePod':
    case 'pinPod':
    case 'unpinPod':
    case 'releasePod':
      return 'pods'
    case 'createSnapshot':
    case 'deleteSnapshot':
      return 'snapshots'
    case 'deleteClaim':
    case 'createClaim':
      return 'claims'
    case 'keepVolume':
    case 'freeVolume':
    case 'releaseVolume':
      return 'volumes'
    case 'createJob':
    case 'resumeJob':
    case 'deleteJob':
      return 'jobs'
    default:
      return 'sets'
  }
}

function answerTo(world: World, question: Question): Answer {
  const { setting, sets } = world
  const message = sets.stable === undefined ? undefined : setting.refusals?.[question.kind]
  if (message !== undefined) return { yes: false, message }
  return question.kind === 'snapshotClasses' ? classesFor(world, question) : { yes: true, warnings: [] }
}

/** A storage that cannot is no reason against a rollout, but where snapshots are required. */
function classesFor(
  { storage, claims: held }: World,
  { policy, claims }: Extract<Question, { readonly kind: 'snapshotClasses' }>,
): Answer {
  const { snapshotClass } = storage
  const unbound = Object.values(claims).find(
    (name) => held.find((one) => one.name === name)?.volume === undefined,
  )
  if (snapshotClass !== undefined && unbound === undefined)
    return {
      yes: true,
      warnings: [],
      snapshotClasses: Object.fromEntries(Object.keys(claims).map((template) => [template, snapshotClass])),
    }
  const message =
    unbound === undefined
      ? 'the driver has no VolumeSnapshotClass'
      : `claim ${unbound} has no volume yet, as has no other of its kind`
  return policy === 'Required' ? { yes: false, message } : { yes: true, warnings: [message] }
}

/** The very value that `plan` takes. */
function observationOf(world: World, seen: Seen, answers: Observation['answers']): Observation {
  const { stable, canary, pods, claims, snapshots, volumes, jobs, revisions, service } = seen
  return {
    resource: resourceView(world, seen),
    stable,
    canary,
    pods: pods.toSorted((one, other) => one.ordinal - other.ordinal || (one.name < other.name ? -1 : 1)),
    claims,
    snapshots: [...snapshots, ...snapshotsByJobs(jobs, pods)],
    keptVolumes: volumes
      .flatMap((volume) => keptVolumeView(volume, claims))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    jobs: jobs.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    revisions,
    serviceExists: service !== 'none',
    ...(service === 'ours' && { ownService: { name: 'redis', uid: 'service', resourceVersion: '1' } }),
    answers,
  }
}

function keptVolumeView(
  { kept, claimUid, ...volume }: SimulatedVolume,
  claims: World['claims'],
): Observation['keptVolumes'] {
  if (kept === undefined) return []
  const { name, uid, resourceVersion, claim } = volume
  const { at: keptAt, ...noted } = kept
  const note = { claim, ...noted, keptAt }
  const released = claimUid === kept.claimUid && !claims.some(({ uid: used }) => used === claimUid)
  return [{ name, uid, resourceVersion, ...note, retains: true, free: claimUid === undefined, released }]
}

function resourceView(world: World, { resource }: Seen): Observation['resource'] {
  const { setting } = world
  const { generation, deleting, finalizer, annotations, pauseReconciliation, spec, status } = resource
  const { image, migration, ...edited } = spec
  return {
    name: 'redis',
    namespace: 'default',
    uid: 'resource',
    generation,
    deleting,
    finalizer,
    ...annotations,
    paused: pauseReconciliation,
    unprotected: false,
    status,
    spec: {
      ...edited,
      ...(migration !== undefined && { migration: { ...migration, digest: JSON.stringify(migration) } }),
      target: `rev-${image}`,
      targetImage: image,
      ordinalsStart: setting.ordinalsStart ?? 0,
      ordered: setting.ordered ?? false,
      minReadySeconds: minReadySecondsOf(world),
      claimTemplates: ['data'],
      promoteAnnotation: 'canary.example.com/promote',
      progressDeadlineSeconds: setting.progressDeadlineSeconds ?? 600,
      fromZero: setting.fromZero ?? false,
      automaticRollback: setting.automaticRollback ?? true,
      revisionHistoryLimit: setting.revisionHistoryLimit ?? 10,
    },
  }
}
