/**
 * Changes of living objects as JSON Patches. Each begins with `test`s of uid and resourceVersion: a patch that was
 * decided on an older state, or on another object of the same name, changes nothing.
 */
import { annotations, fieldManager, labels, releasedRole } from '../../api/v1alpha1/constants.ts'
import type { NamedUid, StableChange } from '../action.ts'
import type { ObjectRef, SetRef } from '../observation.ts'
import { formatRecord } from '../record.ts'
import type { RenderedPodTemplate } from './rendered.ts'
import { retention, updateStrategy } from './stable-set.ts'

export type PatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

export interface StablePatchContent {
  /** The stored pod template of `change.revision`. */
  readonly template: RenderedPodTemplate | undefined
  /** As rendered from the spec; written with `change.settings`. */
  readonly minReadySeconds: number
  /** Whether the set carries annotations already: a patch cannot add to a map that is not there. */
  readonly annotated: boolean
}

/** A path of a JSON Patch; `/` and `~` in keys (every label and annotation of ours) are escaped. */
export function pointer(...keys: readonly string[]): string {
  return keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The fence in front of every patch. */
export function fence({ uid, resourceVersion }: Pick<SetRef, 'uid' | 'resourceVersion'>): PatchOperation[] {
  return [
    { op: 'test', path: pointer('metadata', 'uid'), value: uid },
    { op: 'test', path: pointer('metadata', 'resourceVersion'), value: resourceVersion },
  ]
}

/** One patch for one intent: what `change` names, all of it or nothing. */
export function stablePatch(
  set: SetRef,
  change: StableChange,
  content: StablePatchContent,
): readonly PatchOperation[] {
  return [
    ...fence(set),
    ...recordOperations(change, content.annotated),
    ...templateOperations(change, content.template),
    ...(change.replicas === undefined ? [] : [specField('replicas', change.replicas)]),
    ...(change.partition === undefined
      ? []
      : [specField('updateStrategy', updateStrategy(change.partition))]),
    ...(change.ordinalsStart === undefined ? [] : [specField('ordinals', { start: change.ordinalsStart })]),
    ...(change.settings ? settingsOperations(content.minReadySeconds) : []),
  ]
}

export function scalePatch(set: SetRef, replicas: number): readonly PatchOperation[] {
  return [...fence(set), specField('replicas', replicas)]
}

/** With pods to run, the canary set is no longer the garbage collector's to remove; see ownerOf. */
export function armPatch(set: SetRef, ordinalsStart: number, replicas: number): readonly PatchOperation[] {
  return [
    ...fence(set),
    { op: 'add', path: pointer('metadata', 'ownerReferences'), value: [] },
    specField('ordinals', { start: ordinalsStart }),
    specField('replicas', replicas),
  ]
}

/** Our uid is what makes a set ours; without it the set is left alone, also by a later resource of the same name. */
export function releaseStablePatch(set: SetRef): readonly PatchOperation[] {
  return [...fence(set), { op: 'remove', path: pointer('metadata', 'labels', labels.uid) }]
}

/** Of a stored revision the number is all that ever changes. */
export function renewRevisionPatch(stored: ObjectRef, number: number): readonly PatchOperation[] {
  return [...fence(stored), { op: 'replace', path: pointer('revision'), value: number }]
}

/** Once; a Job that runs is never suspended again. */
export function resumeJobPatch(job: ObjectRef): readonly PatchOperation[] {
  return [...fence(job), specField('suspend', false)]
}

/** For a Service whose only owner is the resource. */
export function releaseServicePatch(service: ObjectRef): readonly PatchOperation[] {
  return [...fence(service), { op: 'remove', path: pointer('metadata', 'ownerReferences') }]
}

/** Of a replica of the stable set; one that was released already is refused. */
export function releasePodPatch({ uid }: NamedUid): readonly PatchOperation[] {
  const path = pointer('metadata', 'labels', labels.role)
  return [
    { op: 'test', path: pointer('metadata', 'uid'), value: uid },
    { op: 'test', path, value: 'stable' },
    { op: 'replace', path, value: releasedRole },
  ]
}

/** `add` replaces what is there. */
function specField(field: string, value: unknown): PatchOperation {
  return { op: 'add', path: pointer('spec', field), value }
}

function recordOperations({ record }: StableChange, annotated: boolean): readonly PatchOperation[] {
  if (record === undefined) return []
  const value = formatRecord(record)
  const map = pointer('metadata', 'annotations')
  if (!annotated) return [{ op: 'add', path: map, value: { [annotations.rollout]: value } }]
  return [{ op: 'add', path: pointer('metadata', 'annotations', annotations.rollout), value }]
}

function templateOperations(
  { revision }: StableChange,
  template: RenderedPodTemplate | undefined,
): readonly PatchOperation[] {
  if (revision === undefined) return []
  if (template === undefined) throw new TypeError(`the template of revision ${revision} was not given`)
  return [specField('template', template), nobodyElses]
}

/**
 * The API server forgets who else wrote what, and notes what this patch changes as ours. Else an edit that was taken back
 * by hand would be put back again and again: the field has our value, and their name. An empty list would end all noting;
 * of a field that is in nobody's, a later scaling is not noted.
 */
const nobodyElses = {
  op: 'add',
  path: pointer('metadata', 'managedFields'),
  value: [
    {
      manager: fieldManager,
      operation: 'Update',
      apiVersion: 'apps/v1',
      fieldsType: 'FieldsV1',
      fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:template': {} } },
    },
  ],
} as const

function settingsOperations(minReadySeconds: number): readonly PatchOperation[] {
  return [
    specField('minReadySeconds', minReadySeconds),
    specField('persistentVolumeClaimRetentionPolicy', retention),
  ]
}
