/**
 * Carries out one action: exactly one API write, with the action's own preconditions. Nothing is decided here, and
 * nothing is tried again; what the server refuses is thrown.
 */
import { fieldManager, finalizer, snapshotFinalizer } from '../api/v1alpha1/constants.ts'
import type { Action, NamedUid } from '../core/action.ts'
import { assertNever } from '../core/assert-never.ts'
import type { SetRef } from '../core/observation.ts'
import { jobContent, renderJob } from '../core/render/job.ts'
import { renderCanarySet } from '../core/render/canary-set.ts'
import { renderRevision } from '../core/render/controller-revision.ts'
import type { Rendered, RenderedPodTemplate } from '../core/render/rendered.ts'
import { renderService } from '../core/render/service.ts'
import { renderSnapshot } from '../core/render/snapshot.ts'
import {
  armPatch,
  fence,
  type PatchOperation,
  pointer,
  releasePodPatch,
  releaseServicePatch,
  releaseStablePatch,
  resumeJobPatch,
  renewRevisionPatch,
  scalePatch,
  stablePatch,
} from '../core/render/stable-patch.ts'
import { minReadySecondsOf, renderStableSet } from '../core/render/stable-set.ts'
import type { Resource } from '../kube/resource.ts'
import type { Rest } from '../kube/client/rest.ts'
import { createClaim, freeVolume, keepVolume, releaseVolume } from './kept-volume.ts'
import {
  canaryStatefulSets,
  claims,
  controllerRevisions,
  jobs,
  pods,
  type RawResource,
  services,
  snapshots,
  statefulSets,
} from './resources.ts'

export interface ApplyContext {
  /** The visit's own: it refuses to write where we do not lead, and the next visit waits for what it wrote. */
  readonly rest: Rest
  readonly resource: RawResource
  /** Whether the stable set carries any annotations. */
  readonly stableAnnotated: boolean
  /** The stored pod template of a revision. */
  readonly template: (revision: string) => Promise<RenderedPodTemplate>
  readonly now: number
}

/**
 * A write that was sent is not taken back when the process stops: heard of or not, the server may carry it out, and it
 * is better heard of. This is how long a stop may wait for it: with the 10 s for which a Lease counts as held after its
 * last renewal, less than the 15 s after which another process may take it.
 */
const timeoutMs = 5_000

export async function apply(action: Action, context: ApplyContext): Promise<void> {
  const { resource } = context
  switch (action.kind) {
    case 'addFinalizer':
      return patchFinalizers(context, [...(resource.metadata.finalizers ?? []), finalizer])
    case 'removeFinalizer':
      return patchFinalizers(
        context,
        (resource.metadata.finalizers ?? []).filter((name) => name !== finalizer),
      )
    case 'removeAnnotation':
      return removeAnnotation(context, action.name, action.value)
    case 'createRevision':
      return create(context, controllerRevisions, renderRevision(resource, action.revision, action.number))
    case 'renewRevision':
      return patch(
        context,
        controllerRevisions,
        action.stored.name,
        renewRevisionPatch(action.stored, action.number),
      )
    case 'deleteRevision':
      return remove(context, controllerRevisions, action.stored)
    case 'createService':
      return create(context, services, renderService(resource, resource.spec.template.serviceName ?? ''))
    case 'createStable':
      return create(context, statefulSets, await renderStable(context, action))
    case 'changeStable':
      return changeStable(context, action)
    case 'createCanary':
      return create(context, statefulSets, await renderCanary(context, action))
    case 'armCanary':
      return patchSet(context, action.set, armPatch(action.set, action.ordinalsStart, action.replicas))
    case 'emptyCanary':
    case 'emptyStable':
      return patchSet(context, action.set, scalePatch(action.set, 0))
    case 'releaseStable':
      return patchSet(context, action.set, releaseStablePatch(action.set))
    case 'releaseService':
      return patch(context, services, action.service.name, releaseServicePatch(action.service))
    case 'deleteSet':
      return remove(context, statefulSets, action.set)
    case 'deletePod':
      return remove(context, pods, action.pod)
    case 'releasePod':
      return patch(context, pods, action.pod.name, releasePodPatch(action.pod))
    case 'pinPod':
      return patchFinalizer(context, action.pod, { finalizers: [snapshotFinalizer] })
    case 'unpinPod':
      return patchFinalizer(context, action.pod, { [deleteFinalizers]: [snapshotFinalizer] })
    case 'createSnapshot':
      return create(context, snapshots, renderSnapshot(resource, action))
    case 'deleteSnapshot':
      return remove(context, snapshots, action.snapshot)
    case 'keepVolume':
      return void (await keepVolume(context, action, { fieldManager, timeoutMs }))
    case 'releaseVolume':
      return releaseVolume({ ...context, timeoutMs }, action)
    case 'deleteClaim':
      return remove(context, claims, action.claim)
    case 'createClaim':
      return void (await createClaim(context, action, { fieldManager, fieldValidation: 'Strict', timeoutMs }))
    case 'createJob':
      return create(context, jobs, renderJob(resource, jobContent(resource, action)))
    case 'resumeJob':
      return patch(context, jobs, action.job.name, resumeJobPatch(action.job))
    case 'deleteJob':
      return remove(context, jobs, action.job, 'Foreground')
    case 'freeVolume':
      return freeVolume({ ...context, timeoutMs }, action)
    default:
      return assertNever(action)
  }
}

type ActionOf<Kind extends Action['kind']> = Extract<Action, { readonly kind: Kind }>

async function renderStable(context: ApplyContext, action: ActionOf<'createStable'>): Promise<Rendered> {
  const { revision, replicas, record } = action
  return renderStableSet(context.resource, { template: await context.template(revision), replicas, record })
}

async function renderCanary(context: ApplyContext, action: ActionOf<'createCanary'>): Promise<Rendered> {
  const { revision, claimOrdinal, attempt } = action
  const template = await context.template(revision)
  return renderCanarySet(context.resource, { template, claimOrdinal, attempt })
}

async function changeStable(context: ApplyContext, action: ActionOf<'changeStable'>): Promise<void> {
  const { set, change } = action
  const template = change.revision === undefined ? undefined : await context.template(change.revision)
  const operations = stablePatch(set, change, {
    template,
    minReadySeconds: minReadySecondsOf(context.resource.spec),
    annotated: context.stableAnnotated,
  })
  return patchSet(context, set, operations)
}

/** In a strategic merge patch: those of the list that go. */
const deleteFinalizers = '$deleteFromPrimitiveList/finalizers'

/** Merged with those that are there by then; another pod of that name is refused by its uid. */
async function patchFinalizer(
  { rest, resource }: ApplyContext,
  { name, uid }: NamedUid,
  change: object,
): Promise<void> {
  const { namespace } = resource.metadata
  const body = { metadata: { uid, ...change } }
  await rest.patch(pods, { namespace, name }, { type: 'strategic', body }, { fieldManager, timeoutMs })
}

/** Fenced like everything: another controller's finalizer must not get lost. */
function patchFinalizers(context: ApplyContext, finalizers: readonly string[]): Promise<void> {
  const path = pointer('metadata', 'finalizers')
  return patchResource(context, [...fence(context.resource.metadata), { op: 'add', path, value: finalizers }])
}

/** Removes the value that was read and no later one; other changes of the resource do not matter. */
function removeAnnotation(context: ApplyContext, name: string, value: string): Promise<void> {
  const path = pointer('metadata', 'annotations', name)
  return patchResource(context, [
    { op: 'test', path: pointer('metadata', 'uid'), value: context.resource.metadata.uid },
    { op: 'test', path, value },
    { op: 'remove', path },
  ])
}

function patchResource(context: ApplyContext, operations: readonly PatchOperation[]): Promise<void> {
  return patch(context, canaryStatefulSets, context.resource.metadata.name, operations)
}

function patchSet(
  context: ApplyContext,
  { name }: SetRef,
  operations: readonly PatchOperation[],
): Promise<void> {
  return patch(context, statefulSets, name, operations)
}

async function patch(
  { rest, resource }: ApplyContext,
  of: Resource,
  name: string,
  operations: readonly PatchOperation[],
): Promise<void> {
  const { namespace } = resource.metadata
  await rest.patch(
    of,
    { namespace, name },
    { type: 'json', operations },
    { fieldManager, fieldValidation: 'Strict', timeoutMs },
  )
}

async function create({ rest }: ApplyContext, of: Resource, manifest: Rendered): Promise<void> {
  await rest.create(of, manifest, { fieldManager, fieldValidation: 'Strict', timeoutMs })
}

async function remove(
  { rest, resource }: ApplyContext,
  of: Resource,
  target: { readonly name: string; readonly uid: string; readonly resourceVersion?: string },
  propagationPolicy: 'Background' | 'Foreground' = 'Background',
): Promise<void> {
  const { uid, resourceVersion } = target
  const ref = { namespace: resource.metadata.namespace, name: target.name }
  await rest.delete(of, ref, {
    uid,
    ...(resourceVersion !== undefined && { resourceVersion }),
    propagationPolicy,
    timeoutMs,
  })
}
