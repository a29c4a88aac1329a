/**
 * Reads the pod template of a revision back. The caches do not keep templates: they are read when one is applied,
 * which is rare, and live, so that nothing older than the object itself is applied.
 */
import { labels } from '../api/v1alpha1/constants.ts'
import { renderPodTemplate } from '../core/render/pod-template.ts'
import { revisionName } from '../core/render/names.ts'
import type { RenderedPodTemplate } from '../core/render/rendered.ts'
import { revisionOf, withImage } from '../core/revision.ts'
import type { Rest } from '../kube/client/rest.ts'
import { controllerRevisions, type RawResource, type RawRevision } from './resources.ts'

/**
 * The template as it was stored. A revision that is not stored yet can only be the one that the spec asks for, and is
 * rendered; any other throws.
 */
export async function loadTemplate(
  rest: Rest,
  resource: RawResource,
  revision: string,
  signal: AbortSignal,
): Promise<RenderedPodTemplate> {
  const { namespace, name } = resource.metadata
  const stored = revisionName(name, revision)
  const found = await rest.getIfExists(controllerRevisions, { namespace, name: stored }, { signal })
  if (found !== undefined && isOurs(found, resource) && found.data?.podTemplate !== undefined)
    return found.data.podTemplate
  if (found === undefined && revision === revisionOf(withImage(resource.spec)))
    return renderPodTemplate(resource, revision)
  const trouble = found === undefined ? 'is missing' : 'is not one of this resource, or holds no pod template'
  throw new Error(
    `ControllerRevision ${namespace}/${stored}, which keeps revision ${revision} of CanaryStatefulSet ${name}, ${trouble}`,
  )
}

/**
 * Who has the name of a revision that could not be stored, and what to do. Undefined where it is stored after all: by another
 * operator, or by us a moment ago, and our cache will show it.
 */
export async function whoseName(
  rest: Rest,
  resource: RawResource,
  revision: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { namespace, name } = resource.metadata
  const stored = revisionName(name, revision)
  const found = await rest.getIfExists(controllerRevisions, { namespace, name: stored }, { signal })
  if (found === undefined) return undefined
  const what = `ControllerRevision ${namespace}/${stored} exists already`
  if (!isOurs(found, resource)) {
    const isEarlier =
      found.metadata.labels?.[labels.name] === name && found.metadata.ownerReferences !== undefined
    return isEarlier
      ? `${what}: it is of an earlier resource of this name, and is waited for until the garbage collector has removed it`
      : `${what} and is not one of this resource: delete it, or apply this resource under another name`
  }
  if (found.metadata.labels?.[labels.name] === name) return undefined
  return `${what}, but has lost its label ${labels.name}=${name}: put it back, or delete the revision, and it is stored anew`
}

/** What is taken for a stored revision of ours where it is observed, too. */
function isOurs({ metadata }: RawRevision, resource: RawResource): boolean {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller)
  if (owner !== undefined) return owner.uid === resource.metadata.uid
  return metadata.labels?.[labels.name] === resource.metadata.name
}
