/**
 * `up`: makes the cluster, or mends it, or finds it well and says so. The order of the steps and their times are
 * printed; each step waits for the real thing (a socket, an answer, a condition).
 */
import { existsSync } from 'node:fs'
import { Agent } from 'node:https'

import { type Api, apiOf, ask, readObject } from '../api.ts'
import { type Box, findBox, makeBox } from '../box/box.ts'
import { makeControlGroups } from '../box/cgroups.ts'
import { waitFor } from '../box/wait.ts'
import { newToken } from '../configuration/identities.ts'
import { writeConfiguration } from '../configuration/write.ts'
import { importImages } from '../import-images.ts'
import { createStorageObjects } from '../objects.ts'
import { waitForAnswer } from '../parts/answer.ts'
import { isAlive, launch, launchRelay, openRelaySocket } from '../parts/launch.ts'
import type { Part } from '../parts/part.ts'
import { allParts, partNamed } from '../parts/parts.ts'
import { DRIVER } from '../parts/storage.ts'
import { checkMachine } from '../prerequisites.ts'
import { type Report, reporter } from '../reporter.ts'
import { withLock } from '../state/lock.ts'
import {
  type Cluster,
  cacheDirectory,
  type ClusterRecord,
  hostKubeconfig,
  makeStateDirectory,
  readRecord,
  writeRecord,
} from '../state/state.ts'
import { build, type Built } from './build.ts'
import { memoryInWords, memoryOf } from './status.ts'
import { removeCluster } from './down.ts'
import { startParts } from './start.ts'

/** Brings the cluster to where every part answers, the node is Ready and storage works. */
export async function up(cluster: Cluster): Promise<void> {
  checkMachine(cluster)
  const report = reporter()
  const built = await build(report)
  await withLock(cluster, 'up', () => bringUp(cluster, built, report))
}

async function bringUp(cluster: Cluster, built: Built, report: Report): Promise<void> {
  const record = readRecord(cluster)
  const box = record && findBox(cluster, { ...record.programs, cache: cacheDirectory() })
  if (record?.complete === true && box !== undefined && hasItsPrograms(record)) {
    if (await mend(box, record, report)) {
      await addImages(box, record, built.images, report)
      noteOtherPrograms(cluster, record, built, report)
      return
    }
  } else if (record !== undefined) {
    report(`Cluster ${cluster.name} is not whole (${whyNotWhole(record, box)}): it is made anew.`)
  }
  await removeCluster(cluster)
  await create(cluster, built, report)
}

function whyNotWhole(record: ClusterRecord, box: Box | undefined): string {
  if (!record.complete) return 'an earlier run did not finish'
  return box === undefined ? 'its processes are gone' : 'its programs are gone from the cache'
}

/** The cache may have been emptied under a running cluster, which then could start neither parts nor pods. */
function hasItsPrograms({ programs }: ClusterRecord): boolean {
  return programs.path.split(':').every((directory) => existsSync(directory))
}

/** Starts what is dead in an otherwise whole cluster; false when that is not enough. */
async function mend(box: Box, record: ClusterRecord, report: Report): Promise<boolean> {
  const { cluster } = box
  const dead = allParts().filter((part) => !isAlive(box, part))
  try {
    for (const part of dead) report(`${part.name} is dead: it is started again.`)
    await startParts(box, record, dead)
    const api = apiOf(cluster, record)
    for (const part of allParts()) await waitForAnswer(box, api, part)
  } catch (error) {
    report(`Cluster ${cluster.name} could not be mended, so it is made anew. ${(error as Error).message}`)
    return false
  }
  report(`Cluster ${cluster.name} is up${dead.length > 0 ? ' again' : ''}.`)
  return true
}

async function addImages(
  box: Box,
  record: ClusterRecord,
  images: readonly string[],
  report: Report,
): Promise<void> {
  const fresh = images.filter((image) => !record.images.includes(image))
  if (fresh.length === 0) return
  await importImages(box, fresh)
  writeRecord(box.cluster, { ...record, images })
  report(`${fresh.length} new images are on the node.`)
}

/** A running cluster may serve somebody, so it is not replaced because newer programs were built meanwhile. */
function noteOtherPrograms(cluster: Cluster, record: ClusterRecord, built: Built, report: Report): void {
  if (record.programs.path === built.programs.path) return
  report(
    `It runs other programs than those now built: for these run down and up with --name ${cluster.name}.`,
  )
}

async function create(cluster: Cluster, built: Built, report: Report): Promise<void> {
  makeStateDirectory(cluster)
  const socket = await openRelaySocket(0)
  const record: ClusterRecord = { ...built, port: socket.port, token: newToken(), complete: false }
  writeRecord(cluster, record)
  writeConfiguration(cluster, record)
  makeControlGroups(cluster.controlGroup)
  const box = await makeBox(cluster, { ...built.programs, cache: cacheDirectory() })
  report('The box is made.')

  await launch(box, [partNamed('etcd'), partNamed('containerd'), partNamed('kube-apiserver')])
  await launchRelay(box, partNamed('relay'), socket.server)
  const agent = new Agent({ keepAlive: true })
  const api: Api = { ...apiOf(cluster, record), agent }
  try {
    await bringUpParts(box, api, built, report)
  } finally {
    agent.destroy()
  }
  writeRecord(cluster, { ...record, complete: true })
  report(
    `Cluster ${cluster.name} is up: ${memoryInWords(memoryOf(box))}. KUBECONFIG=${hostKubeconfig(cluster)}`,
  )
}

async function bringUpParts(box: Box, api: Api, built: Built, report: Report): Promise<void> {
  const imported = waitForAnswer(box, api, partNamed('containerd')).then(() =>
    importImages(box, built.images),
  )
  // Looked at below; until then a failure must not end the command without its sentence.
  imported.catch(() => undefined)
  await waitForAnswer(box, api, partNamed('kube-apiserver'))
  report('The API server is ready.')

  const early = [
    'kube-controller-manager',
    'kube-scheduler',
    'kube-proxy',
    'kubelet',
    'coredns',
    'csi-driver',
  ].map(partNamed)
  await launch(box, early)
  const objects = createStorageObjects(api, built.programs.snapshotCrds)
  objects.catch(() => undefined)
  await waitForAnswer(box, api, partNamed('kubelet'))
  report('The node is Ready.')

  await objects
  const late = ['csi-provisioner', 'csi-resizer', 'csi-snapshotter', 'snapshot-controller'].map(partNamed)
  await launch(box, late)
  await waitForAll(box, api, [...early, ...late])
  await waitForStorage(api)
  report('Storage is ready.')
  await imported
  report(`${built.images.length} images are on the node.`)
}

async function waitForAll(box: Box, api: Api, parts: readonly Part[]): Promise<void> {
  await Promise.all(parts.map((part) => waitForAnswer(box, api, part)))
}

interface CsiNode {
  readonly spec: { readonly drivers: readonly { readonly name: string }[] | null }
}

/** The kubelet knows the driver, and pods can be created in the default namespace. */
async function waitForStorage(api: Api): Promise<void> {
  await waitFor({
    what: `Registration of the storage driver ${DRIVER} with the kubelet`,
    seconds: 30,
    check: async () => {
      const node = await readObject<CsiNode>(api, '/apis/storage.k8s.io/v1/csinodes/n1')
      const account = await ask(api, 'GET', '/api/v1/namespaces/default/serviceaccounts/default')
      return account.status === 200 && node?.spec.drivers?.some(({ name }) => name === DRIVER) === true
    },
    advice: 'Read the logs of kubelet and csi-driver.',
  })
}

/** Prints each line with the seconds since the start. */
