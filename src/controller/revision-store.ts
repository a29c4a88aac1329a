/**
 * Reads the pod template of a revision back. The caches do not keep templates: they are read when one is applied,
 * which is rare, and live, so that nothing older than the object itself is applied.
 */
import { renderPodTemplate } from '../core/render/pod-template.ts'
import { revisionName } from '../core/render/names.ts'
import type { RenderedPodTemplate } from '../core/render/rendered.ts'
import { revisionOf, withImage } from '../core/revision.ts'
import type { Rest } from '../kube/client/rest.ts'
import { controllerRevisions, type RawResource } from './resources.ts'

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
  const { namespace, name, uid } = resource.metadata
  const stored = revisionName(name, revision)
  const found = await rest.getIfExists(controllerRevisions, { namespace, name: stored }, { signal })
  const isOurs = found?.metadata.ownerReferences?.some((owner) => owner.uid === uid) ?? false
  if (isOurs && found?.data?.podTemplate !== undefined) return found.data.podTemplate
  if (found === undefined && revision === revisionOf(withImage(resource.spec)))
    return renderPodTemplate(resource, revision)
  const trouble = found === undefined ? 'is missing' : 'is not one of this resource, or holds no pod template'
  throw new Error(
    `ControllerRevision ${namespace}/${stored}, which keeps revision ${revision} of CanaryStatefulSet ${name}, ${trouble}`,
  )
}
