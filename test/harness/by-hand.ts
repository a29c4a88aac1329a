/**
 * What people and controllers do to pods, sets and claims without asking the operator: evictions, and with the guard
 * lifted for the resource what is refused otherwise.
 */
import { setTimeout as pass } from 'node:timers/promises'
import { ApiError } from '../../src/kube/client/api-error.ts'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { isReady, type Pod, statefulSets } from './objects.ts'
import { podNamed } from './rollout.ts'
import { changeResource, type Space } from './space.ts'
import { until } from './wait.ts'

const unprotected = 'canary.example.com/unprotected'
const enforcedWithinMs = 20_000

/** Evicts the pod as `kubectl drain` does; resolves with its successor, when that is ready. */
export async function evict(space: Space, name: string): Promise<Pod> {
  const { uid } = podNamed(space.seen, name).metadata
  await askForEviction(space, name)
  return until(space, `${name} was evicted and is back`, (seen) => {
    const pod = seen.pod(name)
    return pod !== undefined && pod.metadata.uid !== uid && isReady(pod) && pod
  })
}

export async function askForEviction({ namespace }: Space, name: string): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } }
  await kubectlOutput(['create', '--raw', path, '-f', '-'], eviction)
}

/** Resolves when the guard lets a stranger do to this resource's sets and claims what it refuses otherwise. */
export async function liftGuard(space: Space, name = 'redis'): Promise<void> {
  await changeResource(space, { metadata: { annotations: { [unprotected]: 'true' } } }, name)
  await guardIs('lifted', space, name)
}

/** Resolves when the guard refuses it again. */
export async function bringGuardBack(space: Space, name = 'redis'): Promise<void> {
  await changeResource(space, { metadata: { annotations: { [unprotected]: null } } }, name)
  await guardIs('back', space, name)
}

/**
 * The API server learns of a policy's parameters by a watch of its own, some milliseconds after ours, and no event tells
 * when: it is asked, by a dry run of what it is to refuse or to let through.
 */
async function guardIs(wanted: 'lifted' | 'back', space: Space, name: string): Promise<void> {
  const deadline = performance.now() + enforcedWithinMs
  while ((await isRefused(space, name)) === (wanted === 'lifted')) {
    if (performance.now() > deadline)
      throw new Error(`the guard of ${name} is not ${wanted} within ${enforcedWithinMs / 1000} s`)
    await pass(50)
  }
}

async function isRefused({ rest, namespace }: Space, name: string): Promise<boolean> {
  try {
    await rest.delete(statefulSets, { namespace, name: `${name}-stable` }, { dryRun: true })
    return false
  } catch (error) {
    if (error instanceof ApiError && error.message.includes("'canary-protect'")) return true
    throw error
  }
}
