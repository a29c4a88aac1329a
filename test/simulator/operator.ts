/**
 * The operator as src/controller runs it: it decides on what its caches have been told, looks live where an action rests
 * on it, makes one write or asks one question a visit, and does not look again before its caches have told of its own
 * write. The decision is the real `plan`.
 */
import { type Action, restsOnPods, restsOnResource } from '../../src/core/action.ts'
import { canonicalJson } from '../../src/core/canonical-json.ts'
import type { Plan } from '../../src/core/decision.ts'
import type { Observation } from '../../src/core/observation.ts'
import { plan } from '../../src/core/plan.ts'
import type { Answer, Question, QuestionKind } from '../../src/core/question.ts'
import { apply, Refused } from './apply.ts'
import { changeResource, minReadySecondsOf, type SimulatedSet, type World } from './world.ts'

/** What one cache is told at once. */
export const kinds = ['resource', 'sets', 'pods', 'claims', 'revisions'] as const
export type Kind = (typeof kinds)[number]

/** Objects as a cache has them, or as they are. */
interface Seen extends Pick<World, 'resource' | 'pods' | 'claims' | 'revisions' | 'service'> {
  readonly stable: SimulatedSet | undefined
  readonly canary: SimulatedSet | undefined
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
    const { pods, claims, resource } = world
    const live = { ...cached, pods, claims }
    const asked = { ...live, resource }
    if (restsOnResource(first.next.action)) return planOn(asked)
    const checked = planOn(live)
    return checked.next.kind === 'act' && restsOnResource(checked.next.action) ? planOn(asked) : checked
  }

  function act(action: Action): Visit['did'] {
    try {
      apply(world, action, cached.resource)
    } catch (error) {
      if (error instanceof Refused) return 'was refused'
      throw error
    }
    unseen.add(kindOf(action))
    return 'acted'
  }

  function carryOut({ next }: Plan): Visit['did'] {
    if (next.kind === 'act') return act(next.action)
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
    stale: () => kinds.filter((kind) => kind !== held && isStale(kind, cached, world)),
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

const none = { scope: '', given: {} }

function seenIn(world: World): Seen {
  const { resource, sets, pods, claims, revisions, service } = world
  return { resource, stable: sets.stable, canary: sets.canary, pods, claims, revisions, service }
}

function partOf(kind: Kind, world: World): Partial<Seen> {
  const { resource, stable, canary, pods, claims, revisions, service } = seenIn(world)
  switch (kind) {
    case 'resource':
      return { resource }
    case 'sets':
      return { stable, canary }
    case 'pods':
      return { pods }
    case 'claims':
      return { claims }
    case 'revisions':
      return { revisions, service }
  }
}

function isStale(kind: Kind, cached: Seen, world: World): boolean {
  return Object.entries(partOf(kind, world)).some(([name, value]) => cached[name as keyof Seen] !== value)
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
      return 'pods'
    default:
      return 'sets'
  }
}

function answerTo({ setting, sets }: World, { kind }: Question): Answer {
  const message = sets.stable === undefined ? undefined : setting.refusals?.[kind]
  return message === undefined ? { yes: true, warnings: [] } : { yes: false, message }
}

/** The very value that `plan` takes. */
function observationOf(world: World, seen: Seen, answers: Observation['answers']): Observation {
  const { stable, canary, pods, claims, revisions, service } = seen
  return {
    resource: resourceView(world, seen),
    stable,
    canary,
    pods: pods.toSorted((one, other) => one.ordinal - other.ordinal || (one.name < other.name ? -1 : 1)),
    claims,
    snapshots: [],
    keptVolumes: [],
    revisions,
    serviceExists: service !== 'none',
    ...(service === 'ours' && { ownService: { name: 'redis', uid: 'service', resourceVersion: '1' } }),
    answers,
  }
}

function resourceView(world: World, { resource }: Seen): Observation['resource'] {
  const { setting } = world
  const { generation, deleting, finalizer, annotations, pauseReconciliation, spec, status } = resource
  const { image, ...edited } = spec
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
      snapshots: { policy: 'None', keep: 1 },
      onRollback: 'Restore',
    },
  }
}
