/**
 * Once before and after all cluster tests: installs the operator's CRD, rights and policies, cleans up after runs that
 * were killed, and proves at the end that no namespace of this run is left.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { createCache } from '../../src/kube/cache/cache.ts'
import { reflect } from '../../src/kube/cache/reflector.ts'
import type { Rest } from '../../src/kube/client/rest.ts'
import { connectToCluster, repository } from './cluster.ts'
import { namespaces } from './objects.ts'
import { release } from './release.ts'
import { isAlive, runLabel, thisRun } from './test-run.ts'

const goneWithinMs = 90_000

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const cluster = await connectToCluster()
  const { rest } = cluster
  await promisify(execFile)(process.execPath, ['tools/install.ts'], { cwd: repository })
  await removeLeftovers(rest)
  const run = thisRun()
  project.provide('testRun', run)
  return async () => {
    await noNamespaceIsLeft(rest, run)
    cluster.close()
  }
}

async function removeLeftovers(rest: Rest): Promise<void> {
  const { items } = await rest.list(namespaces, { labelSelector: runLabel })
  const dead = items.filter(({ metadata }) => !isAlive(metadata.labels?.[runLabel] ?? ''))
  await Promise.all(
    dead.map(async ({ metadata: { name, deletionTimestamp } }) => {
      await release(rest, name)
      if (deletionTimestamp === undefined) await rest.delete(namespaces, { name })
    }),
  )
}

async function noNamespaceIsLeft(rest: Rest, run: string): Promise<void> {
  const watching = new AbortController()
  const left = createCache(namespaces, { labelSelector: `${runLabel}=${run}` })
  void reflect(rest, left, {}, watching.signal)
  await left.whenSynced(watching.signal)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const look = () => {
    if (left.list().length === 0) resolve()
  }
  left.onChange(look)
  look()
  const timer = setTimeout(() => {
    const names = left.list().map(({ metadata }) => metadata.name)
    reject(new Error(`namespaces of this run are left behind: ${names.join(', ')}`))
  }, goneWithinMs)
  try {
    await promise
  } finally {
    clearTimeout(timer)
    watching.abort()
  }
}
