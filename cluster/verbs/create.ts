/**
 * Making a cluster from nothing: box, control plane, then real nodes with storage and images, or fake ones. The order of
 * the steps and their times are printed; each step waits for the real thing (a socket, an answer, a condition).
 */
import { Agent } from 'node:https'

import { type Api, apiOf, ask, readObject } from '../api.ts'
import { type Box, makeBox } from '../box/box.ts'
import { makeControlGroups } from '../box/cgroups.ts'
import { waitFor } from '../box/wait.ts'
import { newToken } from '../configuration/identities.ts'
import { writeConfiguration } from '../configuration/write.ts'
import { importImages } from '../import-images.ts'
import { nodeControlGroup, nodeNames, type RealNode, realNodes } from '../nodes.ts'
import { createClaimObjects, createFakeNode, createStorageObjects } from '../objects.ts'
import { waitForAnswer } from '../parts/answer.ts'
import { launch, launchRelay, openRelaySocket } from '../parts/launch.ts'
import type { Part } from '../parts/part.ts'
import { allParts, partNamed } from '../parts/parts.ts'
import { DRIVER } from '../parts/storage.ts'
import type { Report } from '../reporter.ts'
import type { Shape } from '../shape.ts'
import {
  type Cluster,
  cacheDirectory,
  type ClusterRecord,
  hostKubeconfig,
  makeStateDirectory,
  writeRecord,
} from '../state/state.ts'
import type { Built } from './build.ts'
import { memoryInWords, memoryOf } from './status.ts'

/** What the steps of a making share. */
interface Making {
  readonly box: Box
  readonly api: Api
  readonly built: Built
  readonly shape: Shape
  readonly report: Report
}

/** Makes the cluster, of which nothing may be left from before, and its record. */
export async function create(cluster: Cluster, shape: Shape, built: Built, report: Report): Promise<void> {
  makeStateDirectory(cluster)
  const socket = await openRelaySocket(0)
  const record: ClusterRecord = { shape, ...built, port: socket.port, token: newToken(), complete: false }
  writeRecord(cluster, record)
  writeConfiguration(cluster, record)
  makeControlGroups(cluster.controlGroup)
  for (const node of realNodes(shape)) makeControlGroups(nodeControlGroup(cluster, node))
  const addresses = realNodes(shape).map(({ address }) => address)
  const box = await makeBox(cluster, { ...built.programs, cache: cacheDirectory() }, addresses)
  report('The box is made.')

  await launch(box, partsOf(shape, isFirst))
  await launchRelay(box, partNamed(shape, 'relay'), socket.server)
  const agent = new Agent({ keepAlive: true })
  const making: Making = { box, api: { ...apiOf(cluster, record), agent }, built, shape, report }
  try {
    await (shape.kind === 'fake' ? bringUpFakeNodes(making) : bringUpRealNodes(making))
  } finally {
    agent.destroy()
  }
  writeRecord(cluster, { ...record, complete: true })
  report(
    `Cluster ${cluster.name} is up: ${memoryInWords(memoryOf(box))}. KUBECONFIG=${hostKubeconfig(cluster)}`,
  )
}

/** Nothing has to be there before these. */
function isFirst(name: string): boolean {
  return name === 'etcd' || name === 'kube-apiserver' || name.startsWith('containerd')
}

/** The API server's definitions and a driver must be there before these, or they end. */
function isLate(name: string): boolean {
  return ['csi-provisioner', 'csi-resizer', 'csi-snapshotter', 'snapshot-controller'].includes(name)
}

function partsOf(shape: Shape, isWanted: (name: string) => boolean): readonly Part[] {
  return allParts(shape).filter(({ name }) => isWanted(name))
}

/** Starts everything that needs only the API server, and returns it. */
async function launchEarly({ box, shape }: Making): Promise<readonly Part[]> {
  const early = partsOf(shape, (name) => name !== 'relay' && !isFirst(name) && !isLate(name))
  await launch(box, early)
  return early
}

async function bringUpFakeNodes(making: Making): Promise<void> {
  const { box, api, shape, report } = making
  await waitForAnswer(box, api, partNamed(shape, 'kube-apiserver'))
  report('The API server is ready.')
  const early = await launchEarly(making)
  const nodes = nodeNames(shape)
  await Promise.all([createClaimObjects(api), ...nodes.map((name) => createFakeNode(api, name))])
  await waitForAll(making, early)
  report(nodes.length === 1 ? 'The fake node is Ready.' : `${nodes.length} fake nodes are Ready.`)
  const late = partsOf(shape, isLate)
  await launch(box, late)
  await waitForAll(making, late)
  await waitForDefaultAccount(api)
  report('Storage is ready.')
}

async function bringUpRealNodes(making: Making): Promise<void> {
  const { box, api, built, shape, report } = making
  const nodes = realNodes(shape)
  const imported = Promise.all(nodes.map((node) => bringImages(making, node)))
  // Looked at below; until then a failure must not end the command without its sentence.
  imported.catch(() => undefined)
  await waitForAnswer(box, api, partNamed(shape, 'kube-apiserver'))
  report('The API server is ready.')

  const early = await launchEarly(making)
  const objects = createStorageObjects(api, built.programs.snapshotCrds)
  objects.catch(() => undefined)
  await waitForAll(
    making,
    nodes.map(({ mark }) => partNamed(shape, `kubelet${mark}`)),
  )
  report(nodes.length === 1 ? 'The node is Ready.' : `${nodes.length} nodes are Ready.`)

  await objects
  const late = partsOf(shape, isLate)
  await launch(box, late)
  await waitForAll(making, [...early, ...late])
  await Promise.all([...nodes.map(({ name }) => waitForDriver(api, name)), waitForDefaultAccount(api)])
  report('Storage is ready.')
  await imported
  report(`${built.images.length} images are on ${nodes.length === 1 ? 'the node' : 'each node'}.`)
}

async function bringImages({ box, api, shape, built }: Making, node: RealNode): Promise<void> {
  await waitForAnswer(box, api, partNamed(shape, `containerd${node.mark}`))
  await importImages(box, node, built.images)
}

async function waitForAll({ box, api }: Making, parts: readonly Part[]): Promise<void> {
  await Promise.all(parts.map((part) => waitForAnswer(box, api, part)))
}

interface CsiNode {
  readonly spec: { readonly drivers: readonly { readonly name: string }[] | null }
}

/** The node's kubelet knows the driver. */
async function waitForDriver(api: Api, node: string): Promise<void> {
  await waitFor({
    what: `Registration of the storage driver ${DRIVER} with the kubelet of ${node}`,
    seconds: 30,
    check: async () => {
      const found = await readObject<CsiNode>(api, `/apis/storage.k8s.io/v1/csinodes/${node}`)
      return found?.spec.drivers?.some(({ name }) => name === DRIVER) === true
    },
    advice: 'Read the logs of kubelet and csi-driver.',
  })
}

/** Until it is there, pods cannot be created in the default namespace. */
async function waitForDefaultAccount(api: Api): Promise<void> {
  await waitFor({
    what: 'Creation of the default service account',
    seconds: 30,
    check: async () =>
      (await ask(api, 'GET', '/api/v1/namespaces/default/serviceaccounts/default')).status === 200,
    advice: 'Read the log of kube-controller-manager.',
  })
}
