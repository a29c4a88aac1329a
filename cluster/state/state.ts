/**
 * Where a cluster keeps what it must remember, and the record of what it runs: one directory for each cluster, removed
 * as a whole when the cluster goes. Files under `inner` have the same content for every cluster, because the box sees
 * the directory at a fixed place.
 */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

import { Failure } from '../failure.ts'
import type { Programs } from '../programs/programs.ts'
import { ONE_REAL_NODE, type Shape } from '../shape.ts'

/** A cluster's name and the places that follow from it. */
export interface Cluster {
  readonly name: string
  readonly directory: string
  readonly controlGroup: string
}

/** What `up` decided and later commands need. */
export interface ClusterRecord {
  readonly shape: Shape
  readonly programs: Programs
  /** Archives whose images the node has. */
  readonly images: readonly string[]
  /** Port of 127.0.0.1 outside of the box that leads to the API server. */
  readonly port: number
  /** Bearer token of the administrator. */
  readonly token: string
  /** True once everything was ready, so that a half-made cluster can be told from a whole one. */
  readonly complete: boolean
}

/** Where the box sees the state directory; short, as UNIX socket paths below it may have 107 characters. */
export const INNER = '/run/cluster'

const USUAL_ROOT = '/var/lib/canary-cluster'

/** Checks the name, which becomes a file name, a control group and a host name. */
export function clusterNamed(name: string): Cluster {
  if (!/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name)) {
    throw new Failure(
      `"${name}" cannot be a cluster name: use up to 32 small letters, digits and inner hyphens, for example --name dev1.`,
    )
  }
  return { name, directory: join(stateRoot(), name), controlGroup: `canary-cluster-${name}${rootMark()}` }
}

/** Control groups are the machine's: clusters of one name below different roots must not share one. */
function rootMark(): string {
  const root = stateRoot()
  return root === USUAL_ROOT ? '' : `-${createHash('sha256').update(root).digest('hex').slice(0, 8)}`
}

/** Names of the clusters that have a state directory. */
export function knownClusters(): readonly string[] {
  if (!existsSync(stateRoot())) return []
  return readdirSync(stateRoot(), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
}

/** The directory that holds all state directories. */
export function stateRoot(): string {
  return resolve(process.env['CLUSTER_STATE'] || USUAL_ROOT)
}

/** The directory of everything that is built once and used by all clusters. */
export function cacheDirectory(): string {
  return resolve(process.env['CLUSTER_CACHE'] || join(homedir(), '.cache', 'canary-cluster'))
}

/** The records of all clusters below the state root. */
export function knownRecords(): readonly ClusterRecord[] {
  return knownClusters().flatMap((name) => readRecord({ directory: join(stateRoot(), name) }) ?? [])
}

/** The record, or undefined when the cluster was never begun or its record cannot be read. */
export function readRecord(cluster: Pick<Cluster, 'directory'>): ClusterRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(recordFile(cluster), 'utf8')) as ClusterRecord
    // Records from before there was a choice do not name the shape.
    return { ...record, shape: record.shape ?? ONE_REAL_NODE }
  } catch {
    return undefined
  }
}

/** Replaces the record in one step, so that a killed command leaves the old or the new one. */
export function writeRecord(cluster: Cluster, record: ClusterRecord): void {
  const fresh = `${recordFile(cluster)}.new`
  writeFileSync(fresh, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 })
  renameSync(fresh, recordFile(cluster))
}

/** Makes the state directory (closed to others: it holds keys) and those below it that parts expect. */
export function makeStateDirectory(cluster: Cluster): void {
  mkdirSync(cluster.directory, { recursive: true, mode: 0o700 })
  for (const below of ['logs', 'pids', 'etc', 'run', 'csi']) {
    mkdirSync(join(cluster.directory, below), { recursive: true })
  }
}

/** The log of one part. */
export function logFile(cluster: Cluster, part: string): string {
  return join(cluster.directory, 'logs', `${part}.log`)
}

/** Kubeconfig for the host, outside of the box. */
export function hostKubeconfig(cluster: Cluster): string {
  return join(cluster.directory, 'kubeconfig')
}

/** Kubeconfig for programs inside the box's network, as a path of the host's file system. */
export function innerKubeconfig(cluster: Cluster): string {
  return join(cluster.directory, 'etc', 'admin.kubeconfig')
}

function recordFile(cluster: Pick<Cluster, 'directory'>): string {
  return join(cluster.directory, 'cluster.json')
}
