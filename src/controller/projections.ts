/**
 * What the caches keep of each object, and how a live read is cut down to the same form. Small on purpose: the pods
 * cache holds every pod of the cluster, because any of them may mount a claim of ours.
 */
import { annotations, fieldManager, labels, snapshotFinalizer } from '../api/v1alpha1/constants.ts'
import type { JobView, PodView } from '../core/observation.ts'
import type { Names } from '../core/record.ts'
import type { KubernetesObject, OwnerReference } from '../kube/object.ts'
import { editedBy, type Edits } from './edited-by.ts'
import { podFailure, type PodTrouble } from './pod-failure.ts'
import { type KeptNote, readNote } from './kept-note.ts'
import type {
  RawClaim,
  RawJob,
  RawPod,
  RawResource,
  RawRevision,
  RawService,
  RawSet,
  RawSnapshot,
  RawVolume,
} from './resources.ts'

/** Who and where. */
export interface Kept {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly resourceVersion: string
  readonly deleting: boolean
  /** The resource that our name label names. */
  readonly resource: string | undefined
}

export interface KeptSet extends Kept {
  /** uid of the resource that made it, from our label. */
  readonly madeFor: string | undefined
  readonly generation: number
  /** status.observedGeneration has caught up with metadata.generation. */
  readonly observed: boolean
  /** Its pods, as its status counts them. */
  readonly counted: { readonly pods: number; readonly ready: number }
  readonly revision: string
  readonly replicas: number
  readonly ordinalsStart: number
  readonly partition: number | undefined
  readonly minReadySeconds: number
  readonly retains: boolean
  readonly caughtUp: boolean
  readonly hash: string | undefined
  readonly record: string | undefined
  /** Of a canary set: the rollout that it was made for. */
  readonly attempt: number | undefined
  /** It carries annotations, ours or not. */
  readonly annotated: boolean
  readonly edits: Edits | undefined
}

export interface KeptPod extends Kept {
  readonly role: string | undefined
  /** What controls it: a set, by its name, or nothing. */
  readonly controller: { readonly set: string | undefined } | undefined
  readonly revision: string
  /** Of one with our label: the Job that made it. */
  readonly job: string | undefined
  /** Of a pod of ours. */
  readonly hash: string | undefined
  readonly pinned: boolean
  readonly stopped: boolean
  readonly endsBy: number | undefined
  readonly phase: PodView['phase']
  /** The scheduler looked for a node, and found none. */
  readonly unschedulable: boolean
  readonly readySince: number | undefined
  readonly unreadySince: number | undefined
  readonly failure: PodTrouble | undefined
  readonly claims: readonly string[]
}

export interface KeptRevision extends Kept {
  readonly owner: string | undefined
  readonly revision: string
  readonly number: number
  readonly image: string
}

export interface KeptClaim extends Kept {
  readonly volume: string | undefined
  readonly source: string | undefined
  readonly asked: boolean
  readonly deletingSince: number | undefined
  /** Of one that is being deleted: a finalizer that is not Kubernetes' own for claims in use. */
  readonly finalizer: string | undefined
}

export interface KeptSnapshot extends Kept {
  readonly madeFor: string | undefined
  readonly claim: string
  readonly claimUid: string
  readonly pod: string | undefined
  readonly attempt: number
  readonly createdAt: number
  readonly ready: boolean
  readonly takenAt: number | undefined
  readonly trouble: string | undefined
}

/** A volume that a restore took out of use. */
export interface KeptVolume extends Kept {
  readonly keptFor: string | undefined
  /** It outlives its claim. */
  readonly retains: boolean
  readonly free: boolean
  /** A claim of another name than the one that it was taken from: it has the volume, had it, or may take it. */
  readonly holder: string | undefined
  /** The claim that it was taken from is gone, and no other has had it since. */
  readonly released: boolean
  /** Since when it has its phase, by the clock of Kubernetes' controller; undefined before Kubernetes 1.29. */
  readonly phaseSince: number | undefined
  readonly note: KeptNote | undefined
}

export interface KeptJob extends Kept {
  readonly madeFor: string | undefined
  /** The resource that somebody made it for, from their label. */
  readonly migrates: string | undefined
  readonly attempt: number | undefined
  /** Of the resource, when it was made. */
  readonly generation: number | undefined
  readonly purpose: JobView['purpose']
  readonly claims: Names | undefined
  readonly pod: string | undefined
  readonly revision: string
  readonly createdAt: number
  readonly deletingSince: number | undefined
  readonly suspended: boolean
  readonly outcome: JobView['outcome']
  readonly trouble: string | undefined
}

export interface KeptService extends Kept {
  readonly headless: boolean
  /** uid of its only owner: of what has several, none takes it along. */
  readonly soleOwner: string | undefined
}

/** What all objects have. */
export function keptObject({ metadata }: KubernetesObject): Kept {
  const { name, namespace = '', uid, resourceVersion, deletionTimestamp } = metadata
  const resource = metadata.labels?.[labels.name]
  return { namespace, name, uid, resourceVersion, deleting: deletionTimestamp !== undefined, resource }
}

export function keptClaim(raw: RawClaim): KeptClaim {
  const { volumeName, dataSource } = raw.spec ?? {}
  const backup = raw.metadata.annotations?.[annotations.restoredFrom]
  const source = dataSource?.kind === 'VolumeSnapshot' ? dataSource.name : backup
  // Written when a provisioner is to act: at once, or when the scheduler has found a node (Kubernetes' pv_controller).
  const asked = raw.metadata.annotations?.['volume.kubernetes.io/storage-provisioner'] !== undefined
  return { ...keptObject(raw), volume: volumeName || undefined, source, asked, ...endOf(raw) }
}

function endOf({ metadata }: RawClaim): Pick<KeptClaim, 'deletingSince' | 'finalizer'> {
  const { deletionTimestamp, finalizers = [] } = metadata
  if (deletionTimestamp === undefined) return { deletingSince: undefined, finalizer: undefined }
  const finalizer = finalizers.find((one) => one !== 'kubernetes.io/pvc-protection')
  return { deletingSince: Date.parse(deletionTimestamp), finalizer }
}

export function keptSnapshot(raw: RawSnapshot): KeptSnapshot {
  const { metadata, spec, status } = raw
  const takenAt = Date.parse(status?.creationTime ?? '')
  return {
    ...keptObject(raw),
    madeFor: metadata.labels?.[labels.uid],
    claim: spec?.source?.persistentVolumeClaimName ?? '',
    claimUid: metadata.annotations?.[annotations.claimUid] ?? '',
    pod: metadata.annotations?.[annotations.podUid],
    attempt: numberOf(metadata.annotations?.[annotations.attempt]) ?? 0,
    createdAt: Date.parse(metadata.creationTimestamp ?? ''),
    ready: status?.readyToUse === true,
    takenAt: Number.isNaN(takenAt) ? undefined : takenAt,
    trouble: status?.error?.message,
  }
}

export function keptJob(raw: RawJob): KeptJob {
  const { metadata, spec, status } = raw
  const holds = (name: string) =>
    status?.conditions?.find(({ type, status: word }) => type === name && word === 'True')
  const failure = holds('Failed')
  const ended = failure === undefined ? undefined : 'failed'
  return {
    ...keptObject(raw),
    madeFor: metadata.labels?.[labels.uid],
    migrates: metadata.labels?.[labels.migration],
    attempt: numberOf(metadata.annotations?.[annotations.attempt]),
    generation: numberOf(metadata.annotations?.[annotations.generation]),
    ...ofReplica(raw),
    revision: metadata.labels?.[labels.revision] ?? '',
    createdAt: Date.parse(metadata.creationTimestamp ?? ''),
    deletingSince:
      metadata.deletionTimestamp === undefined ? undefined : Date.parse(metadata.deletionTimestamp),
    suspended: spec?.suspend === true,
    outcome: holds('Complete') === undefined ? ended : 'complete',
    trouble: failure?.message,
  }
}

/** Of a Job of none, and of one whose claims cannot be read, nothing. */
function ofReplica({ metadata }: RawJob): Pick<KeptJob, 'purpose' | 'claims' | 'pod'> {
  const purpose = metadata.labels?.[labels.purpose]
  const claims = namesIn(metadata.annotations?.[annotations.claims])
  if ((purpose !== 'backup' && purpose !== 'restore') || claims === undefined)
    return { purpose: undefined, claims: undefined, pod: undefined }
  return { purpose, claims, pod: metadata.annotations?.[annotations.podUid] }
}

function namesIn(text: string | undefined): Names | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    const isNames =
      typeof value === 'object' &&
      value !== null &&
      Object.values(value).every((uid) => typeof uid === 'string')
    return isNames ? (value as Names) : undefined
  } catch {
    return undefined
  }
}

/** One whose note cannot be read is nobody's. */
export function keptVolume(raw: RawVolume): KeptVolume {
  const { metadata, spec, status } = raw
  const { claimRef } = spec
  const phaseSince = Date.parse(status?.lastPhaseTransitionTime ?? '')
  const note = readNote(metadata.annotations?.[annotations.kept])
  return {
    ...keptObject(raw),
    namespace: note?.namespace ?? '',
    resource: note?.resource,
    keptFor: metadata.labels?.[labels.keptFor],
    retains: spec.persistentVolumeReclaimPolicy === 'Retain',
    ...holderOf(raw, note),
    released: status?.phase === 'Released' && claimRef?.uid === note?.claimUid,
    phaseSince: Number.isNaN(phaseSince) ? undefined : phaseSince,
    note,
  }
}

function holderOf({ spec }: RawVolume, note: KeptNote | undefined): Pick<KeptVolume, 'free' | 'holder'> {
  const { claimRef } = spec
  if (claimRef === undefined || note === undefined) return { free: false, holder: undefined }
  const { namespace = '', name = '', uid } = claimRef
  const isNamed = namespace === note.namespace && name === note.claim
  return { free: isNamed && uid === undefined, holder: isNamed ? undefined : `${namespace}/${name}` }
}

export function keptService(raw: RawService): KeptService {
  return {
    ...keptObject(raw),
    headless: raw.spec.clusterIP === 'None',
    soleOwner: soleOwnerOf(raw.metadata.ownerReferences),
  }
}

/** The whole resource but its managed fields: spec and status are looked at in full. */
export function keptResource(raw: RawResource): RawResource {
  const { managedFields: _, ...metadata } = raw.metadata as RawResource['metadata'] & {
    managedFields?: unknown
  }
  return { ...raw, metadata }
}

export function keptSet(raw: RawSet): KeptSet {
  const { metadata, spec } = raw
  return {
    ...keptObject(raw),
    madeFor: metadata.labels?.[labels.uid],
    ...progressOf(raw),
    revision: spec.template?.metadata?.labels?.[labels.revision] ?? '',
    ...numbersOf(raw),
    retains: retains(raw),
    record: metadata.annotations?.[annotations.rollout],
    attempt: numberOf(metadata.annotations?.[annotations.attempt]),
    annotated: metadata.annotations !== undefined,
    edits: editedBy(raw, fieldManager),
  }
}

function numbersOf({
  spec,
}: RawSet): Pick<KeptSet, 'replicas' | 'ordinalsStart' | 'partition' | 'minReadySeconds'> {
  const { replicas = 1, minReadySeconds = 0, ordinals, updateStrategy } = spec
  const partition = updateStrategy?.rollingUpdate?.partition
  return { replicas, minReadySeconds, ordinalsStart: ordinals?.start ?? 0, partition }
}

/** Retain is also what the server fills in. */
function retains({ spec }: RawSet): boolean {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = spec.persistentVolumeClaimRetentionPolicy ?? {}
  return whenDeleted === 'Retain' && whenScaled === 'Retain'
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}

/** How far its controller has got with it. */
function progressOf({
  metadata,
  status = {},
}: RawSet): Pick<KeptSet, 'generation' | 'observed' | 'counted' | 'caughtUp' | 'hash'> {
  const { generation = 0 } = metadata
  const { observedGeneration = 0, currentRevision, updateRevision, replicas = 0, readyReplicas = 0 } = status
  const observed = observedGeneration >= generation
  const caughtUp = updateRevision !== undefined && currentRevision === updateRevision
  const counted = { pods: replicas, ready: readyReplicas }
  return { generation, observed, counted, caughtUp, hash: observed ? updateRevision : undefined }
}

/** What the StatefulSet controller calls the template that a pod was made from. */
const revisionHash = 'controller-revision-hash'

/** What the Job controller writes on its pods. */
const jobNameLabel = 'batch.kubernetes.io/job-name'

export function keptPod(raw: RawPod): KeptPod {
  const { metadata, spec, status = {} } = raw
  return {
    ...keptObject(raw),
    role: metadata.labels?.[labels.role],
    controller: controllerOf(metadata.ownerReferences),
    revision: metadata.labels?.[labels.revision] ?? '',
    job: metadata.labels?.[labels.name] === undefined ? undefined : metadata.labels[jobNameLabel],
    hash: metadata.labels?.[labels.role] === undefined ? undefined : metadata.labels[revisionHash],
    pinned: metadata.finalizers?.includes(snapshotFinalizer) ?? false,
    stopped: isStopped(raw),
    endsBy: metadata.deletionTimestamp === undefined ? undefined : Date.parse(metadata.deletionTimestamp),
    phase: (status.phase ?? 'Pending') as PodView['phase'],
    unschedulable: isUnschedulable(raw),
    ...readinessOf(raw),
    claims: (spec.volumes ?? []).flatMap(({ persistentVolumeClaim: claim }) =>
      claim ? [claim.claimName] : [],
    ),
  }
}

/**
 * The kubelet deletes a pod for good (with no grace) when its containers have ended and its volumes are unmounted. One that a
 * person has deleted by force has none either, but may still run.
 */
function isStopped({ metadata, status }: RawPod): boolean {
  const hasEnded = status?.phase === 'Succeeded' || status?.phase === 'Failed'
  return hasEnded && metadata.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0
}

function isUnschedulable({ status }: RawPod): boolean {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled')
  return scheduled?.status === 'False' && scheduled.reason === 'Unschedulable'
}

function readinessOf(raw: RawPod): Pick<KeptPod, 'readySince' | 'unreadySince' | 'failure'> {
  const ready = raw.status?.conditions?.find(({ type }) => type === 'Ready')
  const since = Date.parse(ready?.lastTransitionTime ?? raw.metadata.creationTimestamp ?? '')
  const isReady = ready?.status === 'True'
  return {
    readySince: isReady ? since : undefined,
    unreadySince: isReady ? undefined : since,
    failure: podFailure(raw),
  }
}

export function keptRevision(raw: RawRevision): KeptRevision {
  const { metadata, data = {} } = raw
  return {
    ...keptObject(raw),
    owner: metadata.ownerReferences?.find(({ controller }) => controller)?.uid,
    revision: metadata.labels?.[labels.revision] ?? '',
    number: raw.revision,
    image: data.image ?? '',
  }
}

function soleOwnerOf(owners: readonly OwnerReference[] = []): string | undefined {
  return owners.length === 1 ? owners[0]?.uid : undefined
}

function controllerOf(owners: readonly OwnerReference[] | undefined): KeptPod['controller'] {
  const owner = owners?.find(({ controller }) => controller)
  return owner && { set: owner.kind === 'StatefulSet' ? owner.name : undefined }
}
