/**
 * What makes a version: the user's pod template with the image applied, before anything is rendered into it. So an
 * operator that renders differently starts no rollout, and replicas or claims are no version either.
 */
import { createHash } from 'node:crypto'
import type { CanaryStatefulSetSpec, Container, PodTemplate } from '../api/v1alpha1/types.ts'
import { canonicalJson } from './canonical-json.ts'

type ImageSource = Pick<CanaryStatefulSetSpec, 'image' | 'container' | 'template'>

/** The user's pod template with `spec.image` in the container that `spec.container` names, by default the first. */
export function withImage(spec: ImageSource): PodTemplate {
  const { template } = spec.template
  const { image } = spec
  if (image === undefined) return template
  const chosen = chosenContainer(spec)
  const containers = template.spec.containers.map((container) =>
    container === chosen ? { ...container, image } : container,
  )
  return { ...template, spec: { ...template.spec, containers } }
}

/** The image that the spec asks for, in the container that `spec.image` is for; empty where none is given. */
export function imageOf(spec: ImageSource): string {
  return spec.image ?? chosenContainer(spec)?.image ?? ''
}

/** First 10 hex digits of the SHA-256 of the template in canonical JSON. Takes what `withImage` returns. */
export function revisionOf(podTemplate: PodTemplate): string {
  return createHash('sha256').update(canonicalJson(podTemplate)).digest('hex').slice(0, 10)
}

function chosenContainer({ container: name, template }: ImageSource): Container | undefined {
  const { containers } = template.template.spec
  return name === undefined ? containers[0] : containers.find((container) => container.name === name)
}
