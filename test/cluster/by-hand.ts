/**
 * What people and controllers do to pods, sets and claims without asking the operator: evictions, and with the guard
 * lifted for the resource what is refused otherwise.
 */
import { setTimeout as pass } from 'node:timers/promises'
import { kubectl, kubectlOutput } from '../../tools/kubectl.ts'
import { isReady, type Pod } from '../harness/objects.ts'
import { podNamed } from '../harness/rollout.ts'
import { changeResource, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const unprotected = 'canary.example.com/unprotected'

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

export async function liftGuard(space: Space): Promise<void> {
  await changeResource(space, { metadata: { annotations: { [unprotected]: 'true' } } })
}

export async function bringGuardBack(space: Space): Promise<void> {
  await changeResource(space, { metadata: { annotations: { [unprotected]: null } } })
}

/** Deletes what the guard refuses to, once it is lifted: tried until then, for no event tells. */
export async function deleteByHand({ namespace }: Space, ...what: readonly string[]): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const { ok, stderr } = await kubectl(['delete', ...what, '--wait=false', '--namespace', namespace])
    if (ok) return
    if (!stderr.includes('canary-protect') || performance.now() > deadline) throw new Error(stderr)
    await pass(100)
  }
}
