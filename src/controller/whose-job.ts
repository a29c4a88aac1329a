/** Who has the name of a Job that could not be made. */
import { labels } from '../api/v1alpha1/constants.ts'
import type { Rest } from '../kube/client/rest.ts'
import { jobs, type RawResource } from './resources.ts'

/** In words, with what to do; undefined where it is ours after all, and our cache is about to show it. */
export async function whoseJob(
  rest: Rest,
  { metadata }: RawResource,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { namespace, uid } = metadata
  const found = await rest.getIfExists(jobs, { namespace, name }, { signal })
  if (found === undefined || found.metadata.labels?.[labels.uid] === uid) return undefined
  return `Job ${namespace}/${name} exists already and is not one of this resource: delete it, and it is made`
}
