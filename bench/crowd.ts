/**
 * Five thousand pods as clusters have them, about 7 KiB of JSON each: two containers with a probe and a volume, a status,
 * and the fields of three writers. No scheduler is named that exists, so that no node ever runs them.
 */
import { pods, type RawPod } from '../src/controller/resources.ts'
import type { Rest } from '../src/kube/client/rest.ts'
import { ensureNamespace, inParallel, unlessThere } from './api.ts'

export const crowdNamespace = 'bench-crowd'
export const crowdSize = 5_000

const labels = {
  'app.kubernetes.io/name': 'ledger',
  'app.kubernetes.io/component': 'store',
  'apps.kubernetes.io/pod-index': '0',
  'controller-revision-hash': 'ledger-6c5f7c9b8d',
}
const started = '2026-11-21T09:00:00Z'

/** Makes those that are not there. */
export async function ensureCrowd(rest: Rest): Promise<void> {
  await ensureNamespace(rest, crowdNamespace)
  const { items } = await rest.list(pods, { namespace: crowdNamespace }, ({ metadata }) => metadata.name)
  const there = new Set(items)
  await inParallel(crowdSize, 16, async (index) => {
    const name = `ledger-${String(index).padStart(4, '0')}`
    if (!there.has(name)) await createPod(rest, name)
  })
}

async function createPod(rest: Rest, name: string): Promise<void> {
  const ref = { namespace: crowdNamespace, name }
  const metadata = { ...ref, labels, annotations: { 'example.com/config-hash': name.padEnd(64, '0') } }
  await unlessThere(() =>
    rest.create<RawPod, RawPodManifest>(
      pods,
      { metadata, spec },
      { fieldManager: 'kube-controller-manager' },
    ),
  )
  await rest.patch(
    pods,
    ref,
    { type: 'merge', body: { metadata: { annotations: { 'cni.example.com/address': '10.1.2.3/32' } } } },
    { fieldManager: 'cni' },
  )
  await rest.patch(
    pods,
    ref,
    { type: 'merge', body: { status } },
    { fieldManager: 'kubelet', subresource: 'status' },
  )
}

interface RawPodManifest {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: object
}

function container(name: string, port: number): object {
  return {
    name,
    image: `registry.example.com/ledger/${name}:2026.11.3`,
    args: ['--config=/etc/ledger/ledger.yaml', `--listen=:${port}`],
    ports: [{ name: 'http', containerPort: port }],
    resources: { requests: { cpu: '250m', memory: '512Mi' } },
    readinessProbe: { httpGet: { path: '/healthz', port } },
    volumeMounts: [{ name: 'data', mountPath: '/var/lib/ledger' }],
  }
}

const spec = {
  schedulerName: 'nobody',
  containers: [container('store', 8080), container('exporter', 9090)],
  volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data-ledger-0' } }],
}

const digest = 'sha256:3f5e1d1a0b6f0d2c9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b8c7d6e'

const status = {
  phase: 'Running',
  hostIP: '10.0.0.17',
  podIP: '10.1.2.3',
  podIPs: [{ ip: '10.1.2.3' }],
  startTime: started,
  conditions: ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map(
    (type) => ({ type, status: 'True', lastProbeTime: null, lastTransitionTime: started }),
  ),
  containerStatuses: ['store', 'exporter'].map((name) => ({
    name,
    ready: true,
    started: true,
    restartCount: 0,
    image: `registry.example.com/ledger/${name}:2026.11.3`,
    imageID: `registry.example.com/ledger/${name}@${digest}`,
    containerID: `containerd://${digest.slice(7)}`,
    state: { running: { startedAt: started } },
    lastState: {},
  })),
}
