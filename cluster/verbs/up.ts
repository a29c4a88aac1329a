/**
 * `up`: makes the cluster, or mends it, or finds it well and says so. What a running cluster is made of stays: one of
 * another shape is not replaced, as it may serve somebody. The making itself is in create.ts.
 */
import { existsSync } from 'node:fs'

import { apiOf } from '../api.ts'
import { type Box, findBox } from '../box/box.ts'
import { Failure } from '../failure.ts'
import { importImages } from '../import-images.ts'
import { realNodes } from '../nodes.ts'
import { waitForAnswer } from '../parts/answer.ts'
import { isAlive } from '../parts/launch.ts'
import { allParts } from '../parts/parts.ts'
import { checkMachine } from '../prerequisites.ts'
import { type Report, reporter } from '../reporter.ts'
import { isSameShape, type Shape, shapeInWords } from '../shape.ts'
import { withLock } from '../state/lock.ts'
import { type Cluster, cacheDirectory, type ClusterRecord, readRecord, writeRecord } from '../state/state.ts'
import { build, type Built } from './build.ts'
import { create } from './create.ts'
import { removeCluster } from './down.ts'
import { startParts } from './start.ts'

/** Brings the cluster to where every part answers, the nodes are Ready and storage works. */
export async function up(cluster: Cluster, shape: Shape): Promise<void> {
  checkMachine(cluster)
  const report = reporter()
  const built = await build(report)
  await withLock(cluster, 'up', () => bringUp(cluster, shape, built, report))
}

async function bringUp(cluster: Cluster, shape: Shape, built: Built, report: Report): Promise<void> {
  const record = readRecord(cluster)
  const box = record && findBox(cluster, { ...record.programs, cache: cacheDirectory() })
  if (record?.complete === true && box !== undefined && hasItsPrograms(record)) {
    refuseOtherShape(cluster, record, shape)
    if (await mend(box, record, report)) {
      await addImages(box, record, built.images, report)
      noteOtherPrograms(cluster, record, built, report)
      return
    }
  } else if (record !== undefined) {
    report(`Cluster ${cluster.name} is not whole (${whyNotWhole(record, box)}): it is made anew.`)
  }
  await removeCluster(cluster)
  await create(cluster, shape, built, report)
}

function refuseOtherShape({ name }: Cluster, record: ClusterRecord, wanted: Shape): void {
  if (isSameShape(record.shape, wanted)) return
  throw new Failure(
    `Cluster ${name} is running as ${shapeInWords(record.shape)}, not as ${shapeInWords(wanted)}: end it first (down --name ${name}), or choose another name.`,
  )
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
  const parts = allParts(record.shape)
  const dead = parts.filter((part) => !isAlive(box, part))
  try {
    for (const part of dead) report(`${part.name} is dead: it is started again.`)
    await startParts(box, record, dead)
    const api = apiOf(cluster, record)
    for (const part of parts) await waitForAnswer(box, api, part)
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
  const nodes = realNodes(record.shape)
  if (fresh.length === 0 || nodes.length === 0) return
  for (const node of nodes) await importImages(box, node, fresh)
  writeRecord(box.cluster, { ...record, images })
  report(`${fresh.length} new images are on ${nodes.length === 1 ? 'the node' : 'each node'}.`)
}

/** A running cluster may serve somebody, so it is not replaced because newer programs were built meanwhile. */
function noteOtherPrograms(cluster: Cluster, record: ClusterRecord, built: Built, report: Report): void {
  if (record.programs.path === built.programs.path) return
  report(
    `It runs other programs than those now built: for these run down and up with --name ${cluster.name}.`,
  )
}
