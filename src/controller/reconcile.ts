/**
 * One visit to one resource: observe, plan, and then at most one write or one question; status after that. It never
 * waits for anything: what is awaited comes as an event, or at `wakeAt`.
 */
import { fieldManager } from '../api/v1alpha1/constants.ts'
import { canonicalJson } from '../core/canonical-json.ts'
import { type Action, restsOnPods, restsOnResource, restsOnSets } from '../core/action.ts'
import type { Plan } from '../core/decision.ts'
import { earliest } from '../core/facts.ts'
import { plan } from '../core/plan.ts'
import type { Question } from '../core/question.ts'
import { sentence } from '../core/reason.ts'
import { pointer } from '../core/render/stable-patch.ts'
import { isAlreadyExists, isConflict, isNotFound } from '../kube/client/api-error.ts'
import type { Clock } from '../kube/clock.ts'
import type { Reconcile, Reconciled } from '../kube/control-loop/controller.ts'
import type { EventRecorder } from '../kube/events/event-recorder.ts'
import { subjectOf } from '../kube/events/event-subject.ts'
import type { Log } from '../kube/log.ts'
import { refOf } from '../kube/object.ts'
import type { Rest } from '../kube/client/rest.ts'
import { detailsOf } from './action-details.ts'
import { type AnswerScope, createAnswers, questionOf } from './answers.ts'
import { apply } from './apply.ts'
import { ask, refusalOf } from './ask.ts'
import type { Caches } from './caches.ts'
import { findingsOf, liveResource, withLivePods, withLiveSets } from './findings.ts'
import { changesAt, type Findings, observe } from './observe.ts'
import { canaryStatefulSets, jobs, type RawResource, snapshots } from './resources.ts'
import { whoseObject } from './whose-object.ts'
import { loadTemplate, whoseName } from './revision-store.ts'

export interface ReconcilerOptions {
  readonly caches: Caches
  readonly events: EventRecorder
  readonly clock: Clock
  readonly log: Log
  /** For a visit that no event will bring about: an answer is news that no cache tells. */
  readonly revisit: (key: string) => void
}

/** Whom a visit is for, and with what. */
interface Call {
  readonly key: string
  readonly resource: RawResource
  readonly signal: AbortSignal
  /** Refuses to write where we do not lead; what it writes is seen by the caches before the next visit begins. */
  readonly rest: Rest
}

/** Everything about one visit. */
interface Visit extends Call {
  readonly found: Findings
  readonly plan: Plan
  readonly scope: AnswerScope
}

export function createReconciler(options: ReconcilerOptions): Reconcile {
  const { caches, events, clock, log, revisit } = options
  const answers = createAnswers(() => clock.now())
  /** By key: the uid that answers were kept for. */
  const uids = new Map<string, string>()
  /** By key: the state on which a write was decided that the server found outdated, and since when. */
  const outdated = new Map<string, { readonly state: string; readonly since: number }>()

  function forget(key: string): void {
    const uid = uids.get(key)
    if (uid !== undefined) answers.forget(uid)
    uids.delete(key)
    outdated.delete(key)
  }

  function find(key: string, resource: RawResource): Pick<Visit, 'found' | 'scope'> {
    const { uid, generation } = resource.metadata
    if (uids.get(key) !== uid) forget(key)
    uids.set(key, uid)
    let scope: AnswerScope = { uid, generation, stableGeneration: 0 }
    const found = findingsOf(caches, resource, (stableGeneration) => {
      scope = { ...scope, stableGeneration }
      return answers.about(scope)
    })
    return { found, scope }
  }

  async function visit({ key, resource, signal, rest }: Call): Promise<Visit> {
    const { found, scope } = find(key, resource)
    const first = { key, resource, found, scope, plan: planFor(found), signal, rest }
    const { next } = first.plan
    if (next.kind !== 'act' || !restsOnPods(next.action)) return first
    const reads = liveReads(next.action)
    const checked = await withLive(first, reads)
    const { next: then } = checked.plan
    // What is live may lead to another action, and to one that rests on more.
    const more = then.kind === 'act' ? liveReads(then.action) : []
    return more.every((read) => reads.includes(read)) ? checked : withLive(checked, [...reads, ...more])
  }

  /** A stale pods cache alone would let old code start on new data. Pods come last: they must be newer than their sets. */
  async function withLive(known: Visit, reads: readonly LiveRead[]): Promise<Visit> {
    const { key, rest, signal } = known
    const asked = reads.includes('resource') ? await asPeopleHaveIt(known) : known
    const sets = reads.includes('sets') ? await withLiveSets(rest, asked.found, signal) : asked.found
    const found = await withLivePods(rest, sets, signal)
    return { ...asked, key, found, plan: planFor(found) }
  }

  async function asPeopleHaveIt(known: Visit): Promise<Visit> {
    const { key, rest, signal } = known
    const resource = await liveResource(rest, key, signal)
    return { ...known, resource, ...find(key, resource) }
  }

  function planFor(found: Findings): Plan {
    const now = clock.now()
    return plan(observe(found, now), now)
  }

  async function act(current: Visit, action: Action): Promise<void> {
    const { resource, found, scope, rest } = current
    try {
      await apply(action, {
        rest,
        resource,
        stableAnnotated: found.stable?.annotated ?? false,
        template: templateOf(current),
        now: clock.now(),
      })
    } catch (error) {
      const refusal = refusalOf(error)
      const question = questionOf(action)
      if (refusal !== undefined && question !== undefined) answers.put(scope, question, refusal)
      if (refusal !== undefined) tellRefusal(resource, action, refusal.message)
      const taken = await takenBy(current, action, error)
      if (taken === undefined) throw error
      // The rollout waits for that one, with a deadline: its status says so, and it is asked again.
      if (question?.kind === 'snapshot')
        answers.put(scope, question, { yes: false, message: taken, final: false })
      tellRefusal(resource, action, taken)
      throw new Error(taken, { cause: error })
    }
    log.info({ ...fieldsOf(current), action: action.kind, ...detailsOf(action) }, 'acted')
    for (const event of current.plan.events ?? []) {
      events.record({
        ...event,
        regarding: subjectOf(canaryStatefulSets, resource),
        action: camelCase(action.kind),
      })
    }
  }

  /** Nothing in the status tells of it: the decision to write this still stands. */
  function tellRefusal(resource: RawResource, action: Action, message: string): void {
    const note = `The API server refused ${action.kind}: ${message}`
    events.record({
      regarding: subjectOf(canaryStatefulSets, resource),
      type: 'Warning',
      reason: 'WriteRefused',
      action: camelCase(action.kind),
      note,
    })
  }

  async function answer(current: Visit, question: Question): Promise<void> {
    const { key, resource, found, scope, signal, rest } = current
    const { stable } = found
    const verdict = await ask(question, { rest, resource, stable, template: templateOf(current), signal })
    const fields = { ...fieldsOf(current), question: question.kind, verdict }
    if (verdict.yes) log.debug(fields, 'asked')
    else log.info(fields, 'was refused')
    answers.put(scope, question, verdict)
    revisit(key)
  }

  async function writeStatus({ key, resource, plan: { status }, signal, rest }: Visit): Promise<void> {
    if (status === undefined || canonicalJson(status) === canonicalJson(resource.status ?? {})) return
    const operations = [
      { op: 'test', path: pointer('metadata', 'uid'), value: resource.metadata.uid },
      { op: 'add', path: pointer('status'), value: status },
    ] as const
    await rest.patch(
      canaryStatefulSets,
      refOf(key),
      { type: 'json', operations },
      { subresource: 'status', fieldManager, signal },
    )
    log.debug({ resource: key, phase: status.phase, message: status.message }, 'wrote status')
  }

  async function carryOut(current: Visit): Promise<void> {
    const { next } = current.plan
    if (next.kind === 'act') await act(current, next.action)
    else if (next.kind === 'ask') await answer(current, next.question)
    else log.debug(fieldsOf(current), 'nothing to do')
    await writeStatus(current)
  }

  return async function reconcile(key, signal, rest): Promise<Reconciled> {
    const resource = caches.resources.get(key)
    if (resource === undefined) {
      forget(key)
      return {}
    }
    const current = await visit({ key, resource, signal, rest })
    const changes = changesAt(current.found, clock.now())
    try {
      await carryOut(current)
      outdated.delete(key)
      return { wakeAt: earliest(current.plan.wakeAt, changes) }
    } catch (error) {
      return { wakeAt: earliest(doubt(current, error), changes) }
    }
  }

  /**
   * The world moved on while we decided: its event brings the next visit, mostly within milliseconds. Where none comes,
   * and the same write on the same state is still refused, it was something else: that is thrown.
   */
  function doubt(current: Visit, error: unknown): number {
    const { key } = current
    const now = clock.now()
    const state = stateOf(current)
    const known = outdated.get(key)
    const since = known?.state === state ? known.since : now
    if (!isOutdated(error) || now >= since + newsOverdueMs) throw error
    outdated.set(key, { state, since })
    log.debug({ ...fieldsOf(current), err: error }, 'decided on an older state')
    return since + newsOverdueMs
  }
}

function templateOf({ resource, signal, rest }: Call) {
  return (revision: string) => loadTemplate(rest, resource, revision, signal)
}

/** An event that did not come by then is taken for one that does not come. */
const newsOverdueMs = 5_000

type LiveRead = 'resource' | 'sets'

function liveReads(action: Action): readonly LiveRead[] {
  return [
    ...(restsOnResource(action) ? ['resource' as const] : []),
    ...(restsOnSets(action) ? ['sets' as const] : []),
  ]
}

function stateOf({ resource, found: { stable, canary } }: Visit): string {
  return [resource.metadata, stable, canary].map((object) => object?.resourceVersion).join('/')
}

/** The object is not, or no longer, what the decision took it for. */
function isOutdated(error: unknown): boolean {
  return isConflict(error) || isNotFound(error) || isAlreadyExists(error)
}

/** Why a revision cannot be stored, or a Job or a VolumeSnapshot made; undefined where that is not its name, or one that our cache is about to show has it. */
async function takenBy(
  { rest, resource, signal }: Visit,
  action: Action,
  error: unknown,
): Promise<string | undefined> {
  if (!isAlreadyExists(error)) return undefined
  if (action.kind === 'createJob') return whoseObject(rest, resource, { of: jobs, name: action.job }, signal)
  if (action.kind === 'createSnapshot')
    return whoseObject(rest, resource, { of: snapshots, name: action.snapshot }, signal)
  return action.kind === 'createRevision' ? whoseName(rest, resource, action.revision, signal) : undefined
}

function fieldsOf({ key, plan: { rule, reason } }: Visit) {
  return { resource: key, rule, reason: reason.code, because: sentence(reason) }
}

function camelCase(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
