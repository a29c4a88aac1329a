/**
 * The operator as it runs in production: its bundle in two pods of a Deployment, with nothing but its service account,
 * a Lease between them, and a namespace that lets only restricted pods in. It looks after all namespaces, so this runs
 * alone.
 */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { type Lease, leases } from '../../../src/kube/leader-election/lease.ts'
import { kubectlOutput } from '../../../tools/kubectl.ts'
import { repository } from '../../harness/cluster.ts'
import { walkthrough } from '../../harness/manifest.ts'
import { pods } from '../../harness/objects.ts'
import { sharedClaims } from '../../harness/pod-history.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  expectAllData,
  fillAll,
  promote,
  setImage,
} from '../../harness/rollout.ts'
import { applyResource, deleteResource, openSpace, type Space } from '../../harness/space.ts'
import { until } from '../../harness/wait.ts'

const namespace = 'canary-system'
const name = 'canary-operator'
const limitMiB = 128

test('two pods of it roll a version out, and one goes on where the other is deleted', async () => {
  const space = await openSpace('operator-pod')
  await deployOperator()
  await applyResource(space, walkthrough({ namespace: space.namespace, image: 'redis:7.0', probe: true }))
  await atRestOn(space, 'redis:7.0')
  await fillAll(space)
  const claims = boundClaims(space.seen)

  await setImage(space, 'redis:7.0.5')
  await canaryActive(space, 'redis:7.0.5')
  const first = await leader(space)
  await promote(space)
  await until(
    space,
    'the promotion is under way',
    ({ resource }) => resource()?.status?.phase === 'Promoting',
  )
  await space.rest.delete(pods, { namespace, name: first })
  await atRestOn(space, 'redis:7.0.5', { within: 90 })
  expect(await leader(space)).not.toBe(first)
  await expectAllData(space)
  expect(boundClaims(space.seen)).toEqual(claims)
  expect(sharedClaims(space.seen.podHistory)).toEqual([])

  const memory = await mostMemoryMiB(await leader(space))
  console.log(`the operator in its pod took at most ${memory.toFixed(1)} MiB of ${limitMiB} MiB`)
  expect(memory).toBeLessThan(limitMiB)
  expect(await restarts()).toMatch(/^0( 0)*$/)
  await deleteResource(space)
})

/** The bundle comes by a ConfigMap, for there is no registry that an image of it could be pulled from. */
async function deployOperator(): Promise<void> {
  onTestFinished(removeOperator)
  await promisify(execFile)(process.execPath, ['tools/bundle.ts'], { cwd: repository })
  const bundle = await readFile(join(repository, 'dist', 'canary-operator.cjs'), 'utf8')
  const labels = { app: name }
  const container = {
    name: 'operator',
    image: 'node:24',
    args: ['node', '--no-maglev', '/operator/canary-operator.cjs'],
    resources: { limits: { memory: `${limitMiB}Mi` } },
    livenessProbe: { httpGet: { path: '/healthz', port: 8081 } },
    readinessProbe: { httpGet: { path: '/readyz', port: 8081 }, periodSeconds: 1 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [{ name: 'bundle', mountPath: '/operator', readOnly: true }],
  }
  const spec = {
    serviceAccountName: name,
    securityContext: { runAsNonRoot: true, runAsUser: 65_532, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
    volumes: [{ name: 'bundle', configMap: { name } }],
  }
  await create('v1', 'ConfigMap', { data: { 'canary-operator.cjs': bundle } })
  await create('apps/v1', 'Deployment', {
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  })
  await kubectlOutput(['rollout', 'status', `deployment/${name}`, '-n', namespace, '--timeout=60s'])
}

function create(apiVersion: string, kind: string, rest: object): Promise<string> {
  return kubectlOutput(['create', '-f', '-'], { apiVersion, kind, metadata: { name, namespace }, ...rest })
}

async function removeOperator(): Promise<void> {
  const gone = ['-n', namespace, '--ignore-not-found', '--cascade=foreground', '--timeout=60s']
  await kubectlOutput(['delete', `deployment/${name}`, `configmap/${name}`, ...gone])
}

/** The name of the pod that holds the Lease. */
async function leader({ rest }: Space): Promise<string> {
  const { spec } = await rest.get<Lease>(leases, { namespace, name })
  return spec.holderIdentity?.split('_')[0] ?? ''
}

/** As the kernel counts what the process held at any one time. */
async function mostMemoryMiB(pod: string): Promise<number> {
  const status = await kubectlOutput(['exec', pod, '-n', namespace, '--', 'cat', '/proc/1/status'])
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024
}

function restarts(): Promise<string> {
  const path = '{.items[*].status.containerStatuses[0].restartCount}'
  return kubectlOutput(['get', 'pods', '-l', `app=${name}`, '-n', namespace, '-o', `jsonpath=${path}`])
}
