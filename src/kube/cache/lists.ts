/**
 * What a reflector asks besides watches: the whole state, page by page, and whether the server has come to ours at all.
 */
import type { Outcome } from './course.ts'
import { nextTurn } from './in-slices.ts'
import type { KubernetesObject } from '../object.ts'
import type { Reflection } from './reflection.ts'
import { isOlder } from '../resource-version.ts'
import { WentBack, WriteMissing } from './why-list.ts'

/** Lists all and shows it in the cache, in one go. Resolves in any case. */
export async function listAll<T extends KubernetesObject, C>(
  reflection: Reflection<T, C>,
  signal: AbortSignal,
): Promise<Outcome> {
  const { rest, cache } = reflection
  const { resource, scope, feed } = cache
  const begun = feed.beginList()
  try {
    const { items, resourceVersion } = await rest.list(resource, { ...scope, signal }, (raw) =>
      feed.decode(raw),
    )
    // The last page was decoded in this very turn.
    await nextTurn()
    reflection.show(items, resourceVersion, begun)
    return { position: resourceVersion, workedMs: 0 }
  } catch (error) {
    return { position: undefined, workedMs: 0, error }
  }
}

/** No object has such a name, so the answer is an empty page that tells the server's version. */
const nothing = 'metadata.name=_'

/**
 * For a watch that was quiet: ends with WentBack if the server is behind `position`. It takes a watch from a state in its
 * future without a word and keeps silent until it has got there, so a quiet watch alone does not tell. Ends with
 * WriteMissing if a write of ours should have come and did not.
 */
export async function compareVersions<T extends KubernetesObject, C>(
  { rest, cache: { resource, scope, feed } }: Reflection<T, C>,
  position: string,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    if (feed.hasUnseenWrites()) throw new WriteMissing(resource.plural)
    const { namespace } = scope
    const { resourceVersion } = await rest.list(resource, { namespace, fieldSelector: nothing, signal })
    if (isOlder(resourceVersion, position)) throw new WentBack(resource.plural, resourceVersion, position)
    return { position, workedMs: 0 }
  } catch (error) {
    return { position, workedMs: 0, error }
  }
}
