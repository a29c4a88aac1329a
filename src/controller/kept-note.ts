/**
 * What is written on a volume that a restore takes out of use: whose it was, and all that is needed to make its claim again.
 * Between the deletion of the claim and its successor the note is the only thing that knows.
 */
import { annotations } from '../api/v1alpha1/constants.ts'
import type { RawClaim } from './resources.ts'

export interface KeptNote {
  readonly namespace: string
  readonly resource: string
  readonly claim: string
  readonly claimUid: string
  readonly attempt: number
  /** That claim was made by a restore, which was given up. */
  readonly restored?: true
  /** Milliseconds since 1970. */
  readonly at: number
  /** What became of the volume with its claim, before. */
  readonly reclaimPolicy: string
  readonly copy: ClaimCopy
}

export interface ClaimCopy {
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
  readonly spec: ClaimSpec
}

interface ClaimSpec {
  readonly resources?: { readonly requests?: { readonly storage?: string } }
  readonly [field: string]: unknown
}

/** What Kubernetes itself writes on a claim while it binds and grows it; and we, where it is to be filled. Others choose, the class say. */
const ofBinding: readonly string[] = [
  'pv.kubernetes.io/bind-completed',
  'pv.kubernetes.io/bound-by-controller',
  'pv.kubernetes.io/migrated-to',
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/selected-node',
  'volume.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-resizer',
  annotations.restoredFrom,
]

/** As a person would write it: without what binding, provisioning and an earlier restore added. */
export function copyOf({ metadata, spec = {} }: RawClaim): ClaimCopy {
  const { volumeName: _, dataSource: __, dataSourceRef: ___, ...wanted } = spec
  const own = Object.entries(metadata.annotations ?? {}).filter(([name]) => !ofBinding.includes(name))
  return { labels: metadata.labels ?? {}, annotations: Object.fromEntries(own), spec: wanted }
}

/** The same claim, of another size. */
export function withSize({ spec, ...copy }: ClaimCopy, storage: string | undefined): ClaimCopy {
  if (storage === undefined) return { ...copy, spec }
  const { resources } = spec
  return {
    ...copy,
    spec: { ...spec, resources: { ...resources, requests: { ...resources?.requests, storage } } },
  }
}

/** Undefined where it is no note of ours. */
export function readNote(text: string | undefined): KeptNote | undefined {
  if (text === undefined) return undefined
  try {
    const note = JSON.parse(text) as Partial<KeptNote> | null
    const isWhole =
      typeof note?.namespace === 'string' &&
      typeof note.resource === 'string' &&
      typeof note.claim === 'string' &&
      typeof note.claimUid === 'string' &&
      typeof note.attempt === 'number' &&
      typeof note.copy?.spec === 'object'
    return isWhole ? (note as KeptNote) : undefined
  } catch {
    return undefined
  }
}
