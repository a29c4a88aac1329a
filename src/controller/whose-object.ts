/** Who has the name of a Job or a VolumeSnapshot that could not be made. */
import { labels } from '../api/v1alpha1/constants.ts'
import type { Rest } from '../kube/client/rest.ts'
import type { jobs, RawJob, RawResource, RawSnapshot, snapshots } from './resources.ts'

interface Wanted {
  readonly of: typeof jobs | typeof snapshots
  readonly name: string
}

/** In words, with what to do; undefined where it is ours after all, and our cache is about to show it. */
export async function whoseObject(
  rest: Rest,
  { metadata }: RawResource,
  { of, name }: Wanted,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { namespace, uid } = metadata
  const found = await rest.getIfExists<RawJob | RawSnapshot>(of, { namespace, name }, { signal })
  if (found === undefined || found.metadata.labels?.[labels.uid] === uid) return undefined
  return `${of.kind} ${namespace}/${name} exists already and is not one of this resource: delete it, and it is made`
}
