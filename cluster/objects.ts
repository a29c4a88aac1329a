/**
 * The objects that make a bare API server useful: the driver, the default storage class, the snapshot class and the
 * three definitions of snapshot objects; fake nodes, which no kubelet registers. Applied once, by `up`.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { type Api, createObject, readObject } from './api.ts'
import { waitFor } from './box/wait.ts'
import { FAKE_NODE_LABEL } from './configuration/fake-pods.ts'
import { DRIVER, TOPOLOGY_KEY } from './parts/storage.ts'

const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const SNAPSHOT_CLASSES = '/apis/snapshot.storage.k8s.io/v1/volumesnapshotclasses'

const CSI_DRIVER = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'CSIDriver',
  metadata: { name: DRIVER },
  spec: {
    attachRequired: false,
    podInfoOnMount: true,
    fsGroupPolicy: 'File',
    volumeLifecycleModes: ['Persistent'],
  },
}

const STORAGE_CLASS = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: DRIVER,
  volumeBindingMode: 'WaitForFirstConsumer',
  allowVolumeExpansion: true,
}

const SNAPSHOT_CLASS = {
  apiVersion: 'snapshot.storage.k8s.io/v1',
  kind: 'VolumeSnapshotClass',
  metadata: { name: 'standard', annotations: { 'snapshot.storage.kubernetes.io/is-default-class': 'true' } },
  driver: DRIVER,
  deletionPolicy: 'Delete',
}

/** Creates the driver, the storage class and the definitions; returns once snapshot objects are served. */
export async function createStorageObjects(api: Api, definitions: string): Promise<void> {
  const files = readdirSync(definitions).filter((file) => file.endsWith('.yaml'))
  await Promise.all([
    createClaimObjects(api),
    ...files.map((file) => createObject(api, DEFINITIONS, readFileSync(join(definitions, file), 'utf8'))),
  ])
  await waitFor({
    what: 'Serving of snapshot objects',
    seconds: 30,
    check: () => isServed(api),
    advice: 'Read the log of kube-apiserver.',
  })
  await createObject(api, SNAPSHOT_CLASSES, JSON.stringify(SNAPSHOT_CLASS))
}

/** Creates what claims need: the driver and the default storage class. */
export async function createClaimObjects(api: Api): Promise<void> {
  await Promise.all([
    createObject(api, '/apis/storage.k8s.io/v1/csidrivers', JSON.stringify(CSI_DRIVER)),
    createObject(api, '/apis/storage.k8s.io/v1/storageclasses', JSON.stringify(STORAGE_CLASS)),
  ])
}

/** Creates a fake node: the node itself, and the word that the driver serves it, which is a kubelet's to give. */
export async function createFakeNode(api: Api, name: string): Promise<void> {
  const [key = '', value = ''] = FAKE_NODE_LABEL.split('=')
  const labels = {
    [key]: value,
    [TOPOLOGY_KEY]: name,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
  }
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } }
  const drivers = [{ name: DRIVER, nodeID: name, topologyKeys: [TOPOLOGY_KEY] }]
  const csiNode = { apiVersion: 'storage.k8s.io/v1', kind: 'CSINode', metadata: { name }, spec: { drivers } }
  await createObject(api, '/api/v1/nodes', JSON.stringify(node))
  await createObject(api, '/apis/storage.k8s.io/v1/csinodes', JSON.stringify(csiNode))
}

interface Definitions {
  readonly items: readonly {
    readonly spec: { readonly group: string }
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] }
  }[]
}

async function isServed(api: Api): Promise<boolean> {
  const definitions = await readObject<Definitions>(api, DEFINITIONS)
  const ours = definitions?.items.filter(({ spec }) => spec.group === 'snapshot.storage.k8s.io') ?? []
  const established = ours.every(({ status }) =>
    status?.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True'),
  )
  return ours.length === 3 && established && (await readObject(api, SNAPSHOT_CLASSES)) !== undefined
}
