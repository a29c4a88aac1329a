/**
 * The pod template of the stable set, as it is stored with its revision and applied verbatim from there. The canary's
 * is made from the stored one (canary-set.ts).
 */
import { labels } from '../../api/v1alpha1/constants.ts'
import type { CanaryStatefulSet } from '../../api/v1alpha1/types.ts'
import { withImage } from '../revision.ts'
import type { RenderedPodTemplate } from './rendered.ts'

/**
 * Renders the spec's pod template for the stable set. The user's labels stay; `app` and `controller` are added where
 * they are missing, because people and Services select pods by them.
 */
export function renderPodTemplate(resource: CanaryStatefulSet, revision: string): RenderedPodTemplate {
  const { name } = resource.metadata
  const template = withImage(resource.spec)
  return {
    ...template,
    metadata: {
      ...template.metadata,
      labels: {
        app: name,
        controller: name,
        ...template.metadata?.labels,
        [labels.name]: name,
        [labels.role]: 'stable',
        [labels.revision]: revision,
      },
    },
  }
}
