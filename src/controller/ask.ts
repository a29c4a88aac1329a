/**
 * Finds out what a plan asks: by server-side dry runs, which change nothing. What only the API server can judge is
 * judged by it, in its own words, before any pod is touched.
 */
import { fieldManager, guardPolicy, guardProbeManager } from '../api/v1alpha1/constants.ts'
import { assertNever } from '../core/assert-never.ts'
import type { JobOrder } from '../core/jobs/job-order.ts'
import type { Question } from '../core/question.ts'
import { renderCanaryPod } from '../core/render/canary-pod.ts'
import { claimTemplateNames, renderCanarySet } from '../core/render/canary-set.ts'
import { jobContent, renderJob, renderJobPod } from '../core/render/job.ts'
import { claimName, stableSetName } from '../core/render/names.ts'
import type { RenderedPodTemplate } from '../core/render/rendered.ts'
import { renderService } from '../core/render/service.ts'
import { renderSnapshot, type SnapshotOrder } from '../core/render/snapshot.ts'
import { pointer, renewRevisionPatch } from '../core/render/stable-patch.ts'
import { renderStableSet } from '../core/render/stable-set.ts'
import { revisionOf, withImage } from '../core/revision.ts'
import { ApiError, isAlreadyExists, isForbidden, isInvalid } from '../kube/client/api-error.ts'
import type { Rest, WriteOptions } from '../kube/client/rest.ts'
import type { Verdict } from './answers.ts'
import { createClaim, keepVolume } from './kept-volume.ts'
import type { KeptSet } from './projections.ts'
import { findSnapshotClasses } from './snapshot-classes.ts'
import { whoseObject } from './whose-object.ts'
import {
  controllerRevisions,
  jobs,
  pods,
  type RawPod,
  type RawResource,
  services,
  snapshots,
  statefulSets,
} from './resources.ts'

export interface AskContext {
  readonly rest: Rest
  readonly resource: RawResource
  readonly stable: KeptSet | undefined
  readonly template: (revision: string) => Promise<RenderedPodTemplate>
  readonly signal: AbortSignal
}

/**
 * Answers one question. Throws what is no answer: an API server that cannot be reached or is busy, and a set that
 * changed meanwhile.
 */
export async function ask(question: Question, context: AskContext): Promise<Verdict> {
  switch (question.kind) {
    case 'stableSet':
      return verdictOf(() => tryStableSet(context, question.revision))
    case 'canarySet':
      return verdictOf(async () => {
        const template = await context.template(question.revision)
        const set = renderCanarySet(context.resource, { ...question, template, attempt: 0 })
        return context.rest.create(statefulSets, set, dryRun(context))
      })
    case 'canaryPod':
      return quotaExplained(async () => {
        const template = await context.template(question.revision)
        const pod = renderCanaryPod(context.resource, { ...question, template })
        return context.rest.create(pods, pod, dryRun(context))
      })
    case 'migrationJob':
    case 'checkJob':
    case 'backupJob':
    case 'restoreJob':
      return verdictOf(() => tryJob(context, question.order))
    case 'snapshot':
      return trySnapshot(context, question.order)
    case 'claim':
      return verdictOf(() => createClaim(context, question.order, dryRun(context)))
    case 'volume':
      return verdictOf(() => keepVolume({ ...context, now: 0 }, question.order, dryRun(context)))
    case 'service':
      return verdictOf(() => tryService(context))
    case 'renewal':
      return verdictOf(() => tryRenewal(context, question))
    case 'snapshotClasses':
      return findSnapshotClasses(question, {
        ...context,
        namespace: context.resource.metadata.namespace,
      })
    case 'guard':
      return probeGuard(context)
    case 'handover':
      return probeHandover(context)
    default:
      return assertNever(question)
  }
}

/** What the error of a refused write or dry run says, or undefined where it is no refusal of the content. */
export function refusalOf(error: unknown): Extract<Verdict, { readonly yes: false }> | undefined {
  if (!(error instanceof ApiError) || !(isInvalid(error) || isForbidden(error))) return undefined
  const message = wordsOf(error)
  // A policy or a webhook may change its mind with no event to tell of it; a schema does not.
  const byPolicy = /ValidatingAdmissionPolicy|admission webhook/.test(message)
  return { yes: false, message, final: isInvalid(error) && !byPolicy }
}

const longestMessage = 1000

/** Around the reason of a refused patch the API server sends the whole object. */
const wholeObject = /^.*"" is invalid: patch: Invalid value: "\{.*\}": /s

/** A refusal in as many words as people read: the reason without the object that it is about. */
function wordsOf({ message }: ApiError): string {
  const strict = message.lastIndexOf('strict decoding error')
  const words = strict < 0 ? message.replace(wholeObject, '') : message.slice(strict)
  return words.length <= longestMessage ? words : `${words.slice(0, longestMessage)}...`
}

async function verdictOf(tryIt: () => Promise<{ readonly warnings: readonly string[] }>): Promise<Verdict> {
  try {
    const { warnings } = await tryIt()
    return { yes: true, warnings }
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    return refusal
  }
}

/** A name that somebody else has is a refusal like any other. */
async function trySnapshot(context: AskContext, order: SnapshotOrder): Promise<Verdict> {
  const { rest, resource, signal } = context
  try {
    return await verdictOf(() => rest.create(snapshots, renderSnapshot(resource, order), dryRun(context)))
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    const taken = await whoseObject(rest, resource, { of: snapshots, name: order.snapshot }, signal)
    if (taken === undefined) throw error
    return { yes: false, message: taken, final: false }
  }
}

/** The pod that is asked for is one more than a rollout ever runs: the displaced one is still there. */
async function quotaExplained(tryIt: Parameters<typeof verdictOf>[0]): Promise<Verdict> {
  const verdict = await verdictOf(tryIt)
  if (verdict.yes || !verdict.message.includes('exceeded quota')) return verdict
  const message = `${verdict.message} (it must have room for one pod besides those that run now)`
  return { ...verdict, message }
}

/** The Job first: what is wrong with its template is said of that. Its name may be taken by the one that was made since. */
async function tryJob(context: AskContext, order: JobOrder) {
  const { rest, resource } = context
  const job = renderJob(resource, jobContent(resource, order))
  const { name, ...metadata } = job.metadata
  const unnamed = { ...job, metadata: { ...metadata, generateName: `${name}-` } }
  const { warnings } = await rest.create(jobs, unnamed, dryRun(context))
  await rest.create(pods, renderJobPod(job), dryRun(context))
  return { warnings }
}

function tryService(context: AskContext) {
  const { rest, resource } = context
  const manifest = renderService(resource, resource.spec.template.serviceName ?? '')
  return rest.create(services, manifest, dryRun(context))
}

function tryRenewal(context: AskContext, { stored, number }: Extract<Question, { kind: 'renewal' }>) {
  const { rest, resource } = context
  const ref = { namespace: resource.metadata.namespace, name: stored.name }
  const operations = renewRevisionPatch(stored, number)
  return rest.patch(controllerRevisions, ref, { type: 'json', operations }, dryRun(context))
}

async function tryStableSet(context: AskContext, revision: string) {
  const { rest, resource, stable } = context
  const template = await context.template(revision)
  if (stable === undefined) {
    const record = { accepted: revision, proven: false, id: 0 }
    const set = renderStableSet(resource, { template, replicas: resource.spec.replicas, record })
    return rest.create(statefulSets, set, dryRun(context))
  }
  const operations = [{ op: 'add', path: pointer('spec', 'template'), value: template }] as const
  return rest.patch(statefulSets, stableRef(resource), { type: 'json', operations }, dryRun(context))
}

/** A change of the set's replicas as a stranger would make it: only a live guard refuses it. */
async function probeGuard(context: AskContext): Promise<Verdict> {
  const { rest, resource, stable, signal } = context
  const operations = [
    { op: 'add', path: pointer('spec', 'replicas'), value: (stable?.replicas ?? 0) + 1 },
  ] as const
  const options = { dryRun: true, fieldManager: guardProbeManager, signal }
  try {
    await rest.patch(statefulSets, stableRef(resource), { type: 'json', operations }, options)
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    return refusal.message.includes(guardPolicy) ? yes : { ...refusal, final: false }
  }
  const message = `a change of StatefulSet ${stableSetName(resource.metadata.name)} by a stranger was not refused`
  return { yes: false, message, final: false }
}

/**
 * A canary pod of index 0 with claim names to complete: only a live hand-over policy completes them. It is made from
 * what stable runs, since the policy is asked about here and not the new version.
 */
async function probeHandover(context: AskContext): Promise<Verdict> {
  const { rest, resource, stable } = context
  const templates = claimTemplateNames(resource)
  if (templates.length === 0) return yes
  const template = await context.template(stable?.revision ?? revisionOf(withImage(resource.spec)))
  const pod = renderCanaryPod(resource, { template, claimOrdinal: undefined })
  let completed: RawPod
  try {
    completed = (await rest.create(pods, pod, dryRun(context))).object
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === undefined) throw error
    return { ...refusal, final: false }
  }
  const names = (completed.spec.volumes ?? []).map(({ persistentVolumeClaim: claim }) => claim?.claimName)
  const wanted = templates.map((name) => claimName(name, resource.metadata.name, 0))
  if (wanted.every((name) => names.includes(name))) return yes
  const message = `the claim of a canary pod stayed ${names.find((name) => name?.endsWith('.ordinal')) ?? 'incomplete'}`
  return { yes: false, message, final: false }
}

const yes = { yes: true, warnings: [] } as const

function stableRef({ metadata }: RawResource) {
  return { namespace: metadata.namespace, name: stableSetName(metadata.name) }
}

function dryRun({ signal }: AskContext): WriteOptions {
  return { dryRun: true, fieldManager, fieldValidation: 'Strict', signal }
}
