/**
 * The writes of a restore that are made of what is there: a volume is kept with a note of its claim, and a claim is made again as
 * the note has it. What is read is checked against what was decided on; anything else is a conflict.
 */
import { annotations, fieldManager, labels } from '../api/v1alpha1/constants.ts'
import type { Action } from '../core/action.ts'
import { ApiError } from '../kube/client/api-error.ts'
import type { Rest } from '../kube/client/rest.ts'
import { copyOf, type KeptNote, readNote } from './kept-note.ts'
import { claims, type RawResource, snapshots, volumes } from './resources.ts'

interface Context {
  readonly rest: Rest
  readonly resource: RawResource
  readonly timeoutMs: number
  readonly now: number
}

type ActionOf<Kind extends Action['kind']> = Extract<Action, { readonly kind: Kind }>

/** One patch: from then on the volume outlives its claim, and says what it was. */
export async function keepVolume(
  { rest, resource, timeoutMs, now }: Context,
  { claim, volume, attempt }: ActionOf<'keepVolume'>,
): Promise<void> {
  const { namespace, name, uid } = resource.metadata
  const [found, bound] = await Promise.all([
    rest.get(claims, { namespace, name: claim.name }),
    rest.get(volumes, { name: volume }),
  ])
  const isThat = found.metadata.uid === claim.uid && bound.spec.claimRef?.uid === claim.uid
  if (!isThat) throw changed(`claim ${claim.name} is not the one on volume ${volume}`)
  const note: KeptNote = {
    namespace,
    resource: name,
    claim: claim.name,
    claimUid: claim.uid,
    attempt,
    at: now,
    reclaimPolicy: bound.spec.persistentVolumeReclaimPolicy ?? 'Delete',
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
  await rest.patch(volumes, { name: volume }, { type: 'merge', body }, { fieldManager, timeoutMs })
}

/** Created inert as to content: it is provisioned, or bound, by whoever does that for all claims. */
export async function createClaim(
  { rest, resource, timeoutMs }: Context,
  action: ActionOf<'createClaim'>,
): Promise<void> {
  const { claim, volume, snapshot, backup } = action
  const { namespace } = resource.metadata
  const kept = await rest.get(volumes, { name: volume })
  const note = readNote(kept.metadata.annotations?.[annotations.kept])
  if (note?.claim !== claim || note.namespace !== namespace)
    throw changed(`volume ${volume} has no note of claim ${claim}`)
  if (snapshot !== undefined) {
    const { metadata } = await rest.get(snapshots, { namespace, name: snapshot.name })
    if (metadata.uid !== snapshot.uid) throw changed(`snapshot ${snapshot.name} is another one by now`)
  }
  const { copy } = note
  const noted = backup === undefined ? {} : { [annotations.restoredFrom]: backup }
  const manifest = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: claim, namespace, labels: copy.labels, annotations: { ...copy.annotations, ...noted } },
    spec: { ...copy.spec, ...contentOf(action) },
  }
  await rest.create(claims, manifest, { fieldManager, fieldValidation: 'Strict', timeoutMs })
}

/** For a backup none: a Job fills it. */
function contentOf({ volume, snapshot, backup }: ActionOf<'createClaim'>): object {
  if (backup !== undefined) return {}
  if (snapshot === undefined) return { volumeName: volume }
  const { name } = snapshot
  return { dataSource: { apiGroup: 'snapshot.storage.k8s.io', kind: 'VolumeSnapshot', name } }
}

function changed(message: string): ApiError {
  return new ApiError(409, { reason: 'Conflict', message })
}
