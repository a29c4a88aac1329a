/**
 * The writes of a restore that are made of what is there: a volume is kept with a note of its claim, a claim is made again as the
 * note has it, and the volume is let go as it was before. What is read is checked against what was decided on; anything else is a
 * conflict.
 */
import { annotations, fieldManager, labels } from '../api/v1alpha1/constants.ts'
import type { Action, ClaimOrder, NamedUid, VolumeOrder } from '../core/action.ts'
import { fence, type PatchOperation, pointer } from '../core/render/stable-patch.ts'
import { ApiError } from '../kube/client/api-error.ts'
import type { Rest, WriteOptions, Written } from '../kube/client/rest.ts'
import { copyOf, type KeptNote, readNote, withSize } from './kept-note.ts'
import { placeOf } from './place-of.ts'
import { atMost, largest } from './quantity.ts'
import {
  claims,
  type RawClaim,
  type RawResource,
  type RawSnapshot,
  type RawVolume,
  snapshots,
  volumes,
} from './resources.ts'

interface Context {
  readonly rest: Rest
  readonly resource: RawResource
  readonly timeoutMs: number
  readonly now: number
}

type ActionOf<Kind extends Action['kind']> = Extract<Action, { readonly kind: Kind }>

/** One patch: from then on the volume outlives its claim, and says what it was. Where it would not, that counts as refused. */
export async function keepVolume(
  { rest, resource, now }: Pick<Context, 'rest' | 'resource' | 'now'>,
  { claim, volume, attempt, restored }: VolumeOrder,
  options: WriteOptions,
): Promise<Written<RawVolume>> {
  const { namespace, name, uid } = resource.metadata
  const [found, bound] = await Promise.all([
    rest.get(claims, { namespace, name: claim.name }),
    rest.getIfExists(volumes, { name: volume }),
  ])
  // Neither changes by itself: repeated as a conflict it would be for ever, and nobody would hear of it.
  if (bound === undefined)
    throw refused(`volume ${volume} is gone; delete the claim, which has nothing any more`)
  if (bound.metadata.deletionTimestamp !== undefined)
    throw refused(
      `volume ${volume} is being deleted, and goes when the claim does; save what counts on it, then delete the claim`,
    )
  const isThat = found.metadata.uid === claim.uid && bound.spec.claimRef?.uid === claim.uid
  if (!isThat) throw changed(`claim ${claim.name} is not the one on volume ${volume}`)
  const { persistentVolumeReclaimPolicy: policy = 'Delete' } = bound.spec
  const note: KeptNote = {
    namespace,
    resource: name,
    claim: claim.name,
    claimUid: claim.uid,
    attempt,
    ...(restored && { restored }),
    at: now,
    // Of one that was kept before and given back, Retain is ours.
    reclaimPolicy: policy === 'Retain' ? (noteOf(bound)?.reclaimPolicy ?? policy) : policy,
    copy: copyOf(found),
  }
  const body = {
    metadata: {
      uid: bound.metadata.uid,
      resourceVersion: bound.metadata.resourceVersion,
      labels: { [labels.keptFor]: uid },
      annotations: { [annotations.kept]: JSON.stringify(note) },
    },
    spec: { persistentVolumeReclaimPolicy: 'Retain' },
  }
  const patched = async (dryRun: boolean) => {
    const written = await rest.patch(
      volumes,
      { name: volume },
      { type: 'merge', body },
      { ...options, dryRun },
    )
    const { persistentVolumeReclaimPolicy: stored } = written.object.spec
    if (stored === 'Retain') return written
    throw refused(
      `the API server makes reclaim policy ${stored} of the Retain that is written to volume ${volume}; ` +
        'find the webhook or policy that does, and exempt the volume',
    )
  }
  // Tried before: with a note on its volume the claim would count as one whose deletion may be under way.
  const tried = await patched(true)
  return options.dryRun ? tried : patched(false)
}

/** One patch, of the volume as it was when that was decided: the claim that it was taken from may take it, whatever uid it has. */
export async function freeVolume(
  { rest, timeoutMs }: Context,
  { volume: { name, ...known } }: ActionOf<'freeVolume'>,
): Promise<void> {
  const found = await rest.get(volumes, { name })
  const note = noteOf(found)
  const isTheirs = found.spec.claimRef !== undefined && !namesClaimOf(found, note)
  if (note === undefined || isTheirs) throw changed(`volume ${name} is not as the restore left it`)
  const { namespace, claim } = note
  const named = { namespace, name: claim, uid: null, resourceVersion: null }
  const body = { metadata: known, spec: { claimRef: named } }
  await rest.patch(volumes, { name }, { type: 'merge', body }, { fieldManager, timeoutMs })
}

/**
 * One patch, of the volume as it was when that was decided: from then on its own reclaim policy says what becomes of it. Of nobody's, or
 * of one that its claim has got back.
 */
export async function releaseVolume(
  { rest, timeoutMs }: Context,
  { volume }: ActionOf<'releaseVolume'>,
): Promise<void> {
  const { name } = volume
  const found = await rest.get(volumes, { name })
  const note = noteOf(found)
  const { phase } = found.status ?? {}
  const holder = found.spec.claimRef
  const isUnused = phase === 'Released' && holder?.uid === note?.claimUid
  const isBack = phase === 'Bound' && holder?.namespace === note?.namespace && holder?.name === note?.claim
  if (note === undefined || !(isUnused || isBack))
    throw changed(`volume ${name} is not as the restore left it`)
  const operations: readonly PatchOperation[] = [
    ...fence(volume),
    { op: 'remove', path: pointer('metadata', 'labels', labels.keptFor) },
    { op: 'remove', path: pointer('metadata', 'annotations', annotations.kept) },
    { op: 'replace', path: pointer('spec', 'persistentVolumeReclaimPolicy'), value: note.reclaimPolicy },
  ]
  await rest.patch(volumes, { name }, { type: 'json', operations }, { fieldManager, timeoutMs })
}

/** Created inert as to content: it is provisioned, or bound, by whoever does that for all claims. */
export async function createClaim(
  { rest, resource }: Pick<Context, 'rest' | 'resource'>,
  order: ClaimOrder,
  options: WriteOptions,
): Promise<Written<RawClaim>> {
  const { claim, volume, snapshot, backup } = order
  const { namespace } = resource.metadata
  const kept = await rest.get(volumes, { name: volume })
  const note = noteOf(kept)
  if (note?.claim !== claim || note.namespace !== namespace)
    throw changed(`volume ${volume} has no note of claim ${claim}`)
  const isNew = snapshot !== undefined || backup !== undefined
  if (!isNew && !isReservedFor(kept, note)) throw changed(`claim ${claim} would not get volume ${volume}`)
  const source = snapshot && (await snapshotOf(rest, { namespace, ...snapshot }))
  const copy = withSize(note.copy, sizeOf(note, kept, isNew ? (source ?? {}) : undefined))
  const noted = backup === undefined ? {} : { [annotations.restoredFrom]: backup }
  const place = isNew ? await placeOf(rest, kept, options) : {}
  const manifest = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: claim,
      namespace,
      labels: copy.labels,
      annotations: { ...copy.annotations, ...noted, ...place },
    },
    spec: { ...copy.spec, ...contentOf(order) },
  }
  return rest.create<RawClaim, typeof manifest>(claims, manifest, options)
}

/** More than a volume has would never be bound to it; less than what is to be in a new one would not be filled. */
function sizeOf(
  { copy }: KeptNote,
  { spec }: RawVolume,
  source: Pick<RawSnapshot, 'status'> | undefined,
): string | undefined {
  const wanted = copy.spec.resources?.requests?.storage
  const capacity = spec.capacity?.storage
  return source === undefined
    ? atMost(wanted, capacity)
    : largest(wanted, source.status?.restoreSize ?? capacity)
}

async function snapshotOf(
  rest: Rest,
  { namespace, name, uid }: NamedUid & { readonly namespace: string },
): Promise<RawSnapshot> {
  const found = await rest.get(snapshots, { namespace, name })
  if (found.metadata.uid !== uid) throw changed(`snapshot ${name} is another one by now`)
  return found
}

function isReservedFor(volume: RawVolume, note: KeptNote): boolean {
  return namesClaimOf(volume, note) && volume.spec.claimRef?.uid === undefined
}

/** The one that it was taken from, or one of that name since. */
function namesClaimOf({ spec: { claimRef } }: RawVolume, note: KeptNote | undefined): boolean {
  return claimRef?.namespace === note?.namespace && claimRef?.name === note?.claim
}

function noteOf({ metadata }: RawVolume): KeptNote | undefined {
  return readNote(metadata.annotations?.[annotations.kept])
}

/** For a backup none: a Job fills it. */
function contentOf({ volume, snapshot, backup }: ClaimOrder): object {
  if (backup !== undefined) return {}
  if (snapshot === undefined) return { volumeName: volume }
  const { name } = snapshot
  return { dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name } }
}

/** As the API server says it: people read it where they look. */
function refused(message: string): ApiError {
  return new ApiError(403, { reason: 'Forbidden', message })
}

function changed(message: string): ApiError {
  return new ApiError(409, { reason: 'Conflict', message })
}
