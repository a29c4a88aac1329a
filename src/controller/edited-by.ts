/**
 * Who, besides us, has a hand in the spec of a set, as its managed fields tell: the API server keeps there which manager
 * wrote which field last. That costs no request, and finds what no label shows.
 */
import type { KubernetesObject } from '../kube/object.ts'

/** Fields of a spec, each with the name under which somebody else wrote it. */
export type Edits = Readonly<Record<string, string>>

interface ManagedFields {
  readonly manager?: string
  readonly fieldsV1?: { readonly 'f:spec'?: Readonly<Record<string, unknown>> }
}

/** Under this name the API server keeps what the oldest of too many managers wrote: it may be ours. */
const ancient = 'ancient-changes'

/** Undefined where everything in the spec is ours. */
export function editedBy({ metadata }: KubernetesObject, ourManager: string): Edits | undefined {
  const { managedFields = [] } = metadata as { readonly managedFields?: readonly ManagedFields[] }
  const edits = managedFields
    .filter(({ manager }) => manager !== ourManager && manager !== ancient)
    .flatMap(({ manager = 'somebody', fieldsV1 }) =>
      Object.keys(fieldsV1?.['f:spec'] ?? {}).map((key) => [key.replace(/^f:/, ''), manager] as const),
    )
  return edits.length === 0 ? undefined : Object.fromEntries(edits)
}
