/**
 * Carries out one action: exactly one API write, with the action's own preconditions. Nothing is decided here, and
 * nothing is tried again; what the server refuses is thrown.
 */
import { finalizer } from '../api/v1alpha1/constants.ts'
import type { Action } from '../core/action.ts'
import { assertNever } from '../core/assert-never.ts'
import type { SetRef } from '../core/observation.ts'
import { renderCanarySet } from '../core/render/canary-set.ts'
import { renderRevision } from '../core/render/controller-revision.ts'
import type { Rendered, RenderedPodTemplate } from '../core/render/rendered.ts'
import { renderService } from '../core/render/service.ts'
import { fence, type PatchOperation, pointer, scalePatch, stablePatch } from '../core/render/stable-patch.ts'
import { minReadySecondsOf, renderStableSet } from '../core/render/stable-set.ts'
import type { OwnWrite } from '../kube/cache/cache.ts'
import { type KubernetesObject, keyOf } from '../kube/object.ts'
import type { Resource } from '../kube/resource.ts'
import type { Rest } from '../kube/client/rest.ts'
import {
  canaryStatefulSets,
  controllerRevisions,
  pods,
  type RawResource,
  services,
  statefulSets,
} from './resources.ts'

/** Our name in managedFields. */
export const fieldManager = 'canary-operator'

export interface ApplyContext {
  readonly rest: Rest
  readonly resource: RawResource
  /** Whether the stable set carries any annotations. */
  readonly stableAnnotated: boolean
  /** The stored pod template of a revision. */
  readonly template: (revision: string) => Promise<RenderedPodTemplate>
  /** Asked right before the write; throws where we may not write any more. */
  readonly assertMayWrite: () => void
}

/**
 * A write that was sent is not taken back when the process stops: heard of or not, the server may carry it out, and it
 * is better heard of. This is how long a stop may wait for it: with the 10 s for which a Lease counts as held after its
 * last renewal, less than the 15 s after which another process may take it.
 */
const timeoutMs = 5_000

/** What was written, so that the next plan can wait until the caches show it. */
export interface Applied {
  readonly resource: Resource
  readonly write: OwnWrite
}

export async function apply(action: Action, context: ApplyContext): Promise<Applied> {
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
    case 'createService':
      return create(context, services, renderService(resource, resource.spec.template.serviceName ?? ''))
    case 'createStable':
      return create(context, statefulSets, await renderStable(context, action))
    case 'changeStable':
      return changeStable(context, action)
    case 'createCanary':
      return create(context, statefulSets, await renderCanary(context, action))
    case 'armCanary':
      return patchSet(context, action.set, scalePatch(action.set, action.replicas, action.ordinalsStart))
    case 'emptyCanary':
    case 'emptyStable':
      return patchSet(context, action.set, scalePatch(action.set, 0))
    case 'deleteSet':
      return remove(context, statefulSets, action.set)
    case 'deletePod':
      return remove(context, pods, action.pod)
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

async function changeStable(context: ApplyContext, action: ActionOf<'changeStable'>): Promise<Applied> {
  const { set, change } = action
  const template = change.revision === undefined ? undefined : await context.template(change.revision)
  const operations = stablePatch(set, change, {
    template,
    minReadySeconds: minReadySecondsOf(context.resource.spec),
    annotated: context.stableAnnotated,
  })
  return patchSet(context, set, operations)
}

/** Fenced like everything: another controller's finalizer must not get lost. */
function patchFinalizers(context: ApplyContext, finalizers: readonly string[]): Promise<Applied> {
  const path = pointer('metadata', 'finalizers')
  return patchResource(context, [...fence(context.resource.metadata), { op: 'add', path, value: finalizers }])
}

/** Removes the value that was read and no later one; other changes of the resource do not matter. */
function removeAnnotation(context: ApplyContext, name: string, value: string): Promise<Applied> {
  const path = pointer('metadata', 'annotations', name)
  return patchResource(context, [
    { op: 'test', path: pointer('metadata', 'uid'), value: context.resource.metadata.uid },
    { op: 'test', path, value },
    { op: 'remove', path },
  ])
}

function patchResource(context: ApplyContext, operations: readonly PatchOperation[]): Promise<Applied> {
  return patch(context, canaryStatefulSets, context.resource.metadata.name, operations)
}

function patchSet(
  context: ApplyContext,
  { name }: SetRef,
  operations: readonly PatchOperation[],
): Promise<Applied> {
  return patch(context, statefulSets, name, operations)
}

async function patch(
  { rest, resource, assertMayWrite }: ApplyContext,
  of: Resource,
  name: string,
  operations: readonly PatchOperation[],
): Promise<Applied> {
  const { namespace } = resource.metadata
  assertMayWrite()
  const { object } = await rest.patch(
    of,
    { namespace, name },
    { type: 'json', operations },
    { fieldManager, fieldValidation: 'Strict', timeoutMs },
  )
  return { resource: of, write: writeOf(object) }
}

async function create(
  { rest, assertMayWrite }: ApplyContext,
  of: Resource,
  manifest: Rendered,
): Promise<Applied> {
  assertMayWrite()
  const { object } = await rest.create(of, manifest, { fieldManager, fieldValidation: 'Strict', timeoutMs })
  return { resource: of, write: writeOf(object) }
}

async function remove(
  { rest, resource, assertMayWrite }: ApplyContext,
  of: Resource,
  target: { readonly name: string; readonly uid: string; readonly resourceVersion?: string },
): Promise<Applied> {
  const ref = { namespace: resource.metadata.namespace, name: target.name }
  const { uid, resourceVersion } = target
  assertMayWrite()
  await rest.delete(of, ref, {
    uid,
    ...(resourceVersion !== undefined && { resourceVersion }),
    propagationPolicy: 'Background',
    timeoutMs,
  })
  return { resource: of, write: { key: keyOf(ref), uid, deleted: true } }
}

function writeOf(object: KubernetesObject): OwnWrite {
  const { uid, resourceVersion } = object.metadata
  return { key: keyOf(object), uid, resourceVersion }
}
