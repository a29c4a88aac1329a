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
  return digestOf(podTemplate)
}

/**
 * Its own revision, or one of the stored whose template is the same to the API server: an empty map of labels or annotations is
 * none. Their hashes differ, and stay as they are, since another one would roll every pod; but nobody asked for a rollout.
 */
export function revisionAmong(stored: ReadonlySet<string>, podTemplate: PodTemplate): string {
  const own = revisionOf(podTemplate)
  if (stored.has(own)) return own
  const other = writtenOtherwise(podTemplate).find((template) => stored.has(revisionOf(template)))
  return other === undefined ? own : revisionOf(other)
}

function writtenOtherwise({ metadata = {}, ...rest }: PodTemplate): readonly PodTemplate[] {
  const { labels, annotations, ...others } = metadata
  const forms = emptyOrNone('labels', labels).flatMap((one) =>
    emptyOrNone('annotations', annotations).map((other) => ({ ...others, ...one, ...other })),
  )
  const isNone = forms.some((form) => Object.values(form).every((value) => value === null))
  return [...forms.map((form) => ({ ...rest, metadata: form })), ...(isNone ? [rest] : [])]
}

/** An empty map in both ways to write it; another one as it is. */
function emptyOrNone(name: 'labels' | 'annotations', map: object | undefined): readonly object[] {
  return Object.keys(map ?? {}).length === 0 ? [{}, { [name]: {} }] : [{ [name]: map }]
}

/** Equal for whatever the API server takes for the same. */
export function digestOf(value: object): string {
  return createHash('sha256')
    .update(canonicalJson(withoutNulls(value)))
    .digest('hex')
    .slice(0, 10)
}

/**
 * A field that is null is one that is left out. The API server keeps it where its schema does not know the field, and drops it
 * where it does: a CRD that learns of a field must start no rollout.
 */
function withoutNulls(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (_key, field: unknown) => field ?? undefined))
}

function chosenContainer({ container: name, template }: ImageSource): Container | undefined {
  const { containers } = template.template.spec
  return name === undefined ? containers[0] : containers.find((container) => container.name === name)
}
