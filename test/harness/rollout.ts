/**
 * The moves of a rollout as tests make them and wait for them, and what must hold of its data. Each wait is for a
 * condition that a person would look for.
 */
import { expect } from 'vitest'
import { type Changes, walkthrough } from './manifest.ts'
import { type CanaryStatefulSet, type Claim, conditionOf, imageOf, isReady, type Pod } from './objects.ts'
import { type Operator, startOperator } from './operator.ts'
import { differences, fill } from './redis.ts'
import { applyResource, changeResource, type Space } from './space.ts'
import { type Patience, until } from './wait.ts'
import type { Watched } from './watched.ts'

export const promoteAnnotation = 'canary.example.com/promote'

/** Starts an operator, applies the walk-through as changed, and fills every replica with its data. */
export async function deploy(space: Space, changes: Omit<Changes, 'namespace'> = {}): Promise<Operator> {
  const operator = await startOperator(space)
  const manifest = walkthrough({ probe: true, ...changes, namespace: space.namespace })
  await applyResource(space, manifest)
  const { name } = manifest.metadata
  await atRestOn(space, manifest.spec.image ?? '', { name })
  await fillAll(space, name)
  return operator
}

/** All replicas of the resource run this image, nothing is under way and the operator says so. */
export function isAtRestOn(seen: Watched, image: string, name = 'redis'): boolean {
  const resource = seen.resource(name)
  if (resource === undefined || resource.status?.phase !== 'Stable') return false
  if (resource.status.observedGeneration !== resource.metadata.generation) return false
  const replicas = stablePods(seen, resource)
  return (
    seen.set(`${name}-canary`) === undefined &&
    replicas.length === resource.spec.replicas &&
    replicas.every((pod) => isReady(pod) && imageOf(pod.spec) === image)
  )
}

export function atRestOn(
  space: Space,
  image: string,
  patience: Patience & { name?: string } = {},
): Promise<true> {
  const { name = 'redis' } = patience
  return until(space, `${name} is at rest on ${image}`, (seen) => isAtRestOn(seen, image, name), patience)
}

/** The canary of this image waits for its approval. */
export function canaryActive(space: Space, image: string, patience: Patience & { name?: string } = {}) {
  const { name = 'redis' } = patience
  return until(
    space,
    `the canary of ${name} is active on ${image}`,
    (seen) => {
      const resource = seen.resource(name)
      const isActive = resource?.status?.phase === 'CanaryActive' && resource.status.images?.canary === image
      return isActive && resource
    },
    patience,
  )
}

/** The resource stalls for this reason; resolves with the sentence. */
export function stalled(space: Space, reason: string, patience: Patience & { name?: string } = {}) {
  const { name = 'redis' } = patience
  return until(
    space,
    `${name} is stalled: ${reason}`,
    (seen) => {
      const condition = conditionOf(seen.resource(name), 'Stalled')
      return condition?.status === 'True' && condition.reason === reason && condition.message
    },
    patience,
  )
}

export function setImage(space: Space, image: string, name = 'redis'): Promise<unknown> {
  return changeResource(space, { spec: { image } }, name)
}

export function promote(space: Space, name = 'redis'): Promise<unknown> {
  return annotate(space, promoteAnnotation, 'true', name)
}

export function annotate(space: Space, annotation: string, value: string, name = 'redis'): Promise<unknown> {
  return changeResource(space, { metadata: { annotations: { [annotation]: value } } }, name)
}

/** Writes the data of every replica. */
export async function fillAll(space: Space, name = 'redis'): Promise<void> {
  const resource = resourceNamed(space.seen, name)
  await Promise.all(stablePods(space.seen, resource).map((pod) => fill(pod, pod.metadata.name)))
}

/** Every replica answers with its own keys, all of them and no others. */
export async function expectAllData(space: Space, name = 'redis'): Promise<void> {
  const resource = resourceNamed(space.seen, name)
  const found = await Promise.all(
    stablePods(space.seen, resource).map((pod) => differences(pod, pod.metadata.name)),
  )
  expect(found.length).toBe(resource.spec.replicas)
  expect(found.flat()).toEqual([])
}

/** The claims as they were bound: name, uid and volume. */
export function boundClaims(seen: Watched): readonly string[] {
  return seen
    .claims()
    .map(({ metadata, spec }: Claim) => `${metadata.name} ${metadata.uid} ${spec.volumeName}`)
    .toSorted()
}

/** The pod, which must be there. */
export function podNamed(seen: Watched, name: string): Pod {
  const pod = seen.pod(name)
  if (pod === undefined) throw new Error(`there is no pod ${name}`)
  return pod
}

function resourceNamed(seen: Watched, name: string): CanaryStatefulSet {
  const resource = seen.resource(name)
  if (resource === undefined) throw new Error(`there is no CanaryStatefulSet ${name}`)
  return resource
}

function stablePods(seen: Watched, { metadata }: CanaryStatefulSet): readonly Pod[] {
  return seen.pods().filter((pod) => pod.metadata.name.startsWith(`${metadata.name}-stable-`))
}
