/**
 * Where the walk-through plays: namespace `default` of our own cluster, as the manifest says, or a namespace of its own
 * on somebody else's. Also what has to be true before, and that nothing is left after.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ToolFailure, kubectl, kubectlOutput } from '../tools/kubectl.ts'

export const manifestFile = 'examples/redis-canary.yaml'
const ownNamespace = 'canary-demo'

export interface Stage {
  readonly namespace: string
  readonly name: string
  /** The namespace was made for the demo, and goes with it. */
  readonly isOurs: boolean
  readonly manifest: Manifest
  /** Seconds that a step may take; images come over the network on a cluster that is not ours. */
  readonly patience: number
}

export interface Manifest {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: { readonly replicas: number; readonly canaryReplicas: number; readonly image: string }
}

/** Decides where to play. */
export function stageOn(cluster: 'own' | 'current'): Stage {
  const written = parse(readFileSync(join(import.meta.dirname, '..', manifestFile), 'utf8')) as Manifest
  const isOurs = cluster === 'current'
  const namespace = isOurs ? ownNamespace : written.metadata.namespace
  const manifest = { ...written, metadata: { ...written.metadata, namespace } }
  return { namespace, name: written.metadata.name, isOurs, manifest, patience: isOurs ? 300 : 90 }
}

/** Makes the namespace where it is ours; refuses to play where something of an earlier play is left. */
export async function prepare(stage: Stage): Promise<void> {
  const { namespace, name, isOurs } = stage
  if (isOurs) {
    const { ok, stderr } = await kubectl(['create', 'namespace', namespace])
    if (ok) return
    throw new ToolFailure(
      `namespace ${namespace} cannot be made (${stderr}): if it is left from an earlier demo, delete it with \`kubectl delete namespace ${namespace}\` while the operator runs (\`node src/main.ts --namespace ${namespace}\`)`,
      2,
    )
  }
  const left = await leftovers(stage)
  if (left.length === 0) return
  throw new ToolFailure(
    `${left[0]} is in the way in namespace ${namespace}: delete CanaryStatefulSet ${name} while the operator runs (\`node src/main.ts\`) and its claims after it, or start with a fresh cluster (\`make cluster-down\`)`,
    2,
  )
}

/** Whatever of the demo is still there, by name. */
export async function leftovers({ namespace, name }: Stage): Promise<readonly string[]> {
  const kinds = 'statefulsets,pods,services,controllerrevisions,persistentvolumeclaims'
  const names = ['--namespace', namespace, '--output', 'name']
  const resource = await kubectlOutput(['get', 'canarystatefulset', name, '--ignore-not-found', ...names])
  const others = await kubectlOutput([
    'get',
    kinds,
    '--selector',
    `canary.example.com/name=${name}`,
    ...names,
  ])
  return [resource, ...others.split('\n')].filter((line) => line !== '')
}

/** Volumes that rollbacks have kept aside. */
export async function keptVolumes({ namespace }: Stage): Promise<readonly string[]> {
  const rows = 'jsonpath={range .items[*]}{.spec.claimRef.namespace} {.metadata.name}{"\\n"}{end}'
  const volumes = await kubectlOutput([
    'get',
    'pv',
    '--selector',
    'canary.example.com/kept-for',
    '--output',
    rows,
  ])
  return volumes
    .split('\n')
    .map((row) => row.split(' '))
    .flatMap(([of, name]) => (of === namespace && name ? [name] : []))
}

/** Its storage deletes it, since no claim has it. */
export async function deleteVolume(volume: string): Promise<void> {
  const policy = JSON.stringify({ spec: { persistentVolumeReclaimPolicy: 'Delete' } })
  await kubectlOutput(['patch', 'pv', volume, '--type', 'merge', '--patch', policy])
  await kubectlOutput(['wait', '--for=delete', `persistentvolume/${volume}`, '--timeout=60s'])
}

/** Deletes the resource, which needs the operator, then the claims, then the namespace where it is ours. */
export async function clear(stage: Stage): Promise<void> {
  const { namespace, name, isOurs } = stage
  const gone = ['--namespace', namespace, '--ignore-not-found', '--timeout=60s']
  await kubectlOutput(['delete', 'canarystatefulset', name, ...gone])
  await deleteClaims(stage)
  await Promise.all((await keptVolumes(stage)).map(deleteVolume))
  if (isOurs) await kubectlOutput(['delete', 'namespace', namespace, '--ignore-not-found', '--timeout=60s'])
}

/** Deletes the claims and waits until their volumes are gone too. */
export async function deleteClaims({ namespace, name }: Stage): Promise<void> {
  const ofOurs = ['--namespace', namespace, '--selector', `canary.example.com/name=${name}`]
  const names = 'jsonpath={range .items[*]}{.spec.volumeName}{"\\n"}{end}'
  const volumes = await kubectlOutput(['get', 'persistentvolumeclaims', ...ofOurs, '--output', names])
  // The guard learns a few milliseconds later than we do that the resource is gone; no event tells when.
  const deadline = performance.now() + 10_000
  for (;;) {
    const { ok, stderr } = await kubectl(['delete', 'persistentvolumeclaims', ...ofOurs, '--timeout=60s'])
    if (ok) break
    if (!stderr.includes('canary-protect') || performance.now() > deadline) throw new ToolFailure(stderr, 1)
  }
  for (const volume of volumes.split('\n').filter((line) => line !== '')) {
    await kubectlOutput(['wait', '--for=delete', `persistentvolume/${volume}`, '--timeout=60s'])
  }
}
