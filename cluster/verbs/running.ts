/**
 * What every verb but `up` and `down` begins with: the running cluster, or a sentence that says how to get one.
 */
import { type Box, findBox } from '../box/box.ts'
import { Failure } from '../failure.ts'
import { type Cluster, cacheDirectory, type ClusterRecord, readRecord } from '../state/state.ts'

/** A cluster whose box lives. */
export interface Running {
  readonly box: Box
  readonly record: ClusterRecord
}

/** The running cluster; fails when it is not up. */
export function runningCluster(cluster: Cluster): Running {
  const record = readRecord(cluster)
  const box = record && findBox(cluster, { ...record.programs, cache: cacheDirectory() })
  if (record === undefined || box === undefined) {
    throw new Failure(`Cluster ${cluster.name} is not running. Start it with: up --name ${cluster.name}`)
  }
  return { box, record }
}
