/**
 * A namespace for one test: made with a name of its own, watched, and gone with the test, also with one that failed.
 * Resources in it are deleted while its operator still runs, so that every test also ends with a deletion that works.
 */
import { randomBytes } from 'node:crypto'
import { inject, onTestFinished } from 'vitest'
import { isConflict, isNotFound } from '../../src/kube/client/api-error.ts'
import type { Patch, Rest } from '../../src/kube/client/rest.ts'
import { type TestCluster, connectToCluster } from './cluster.ts'
import { type CanaryStatefulSet, canaryStatefulSets, namespaces } from './objects.ts'
import { release } from './release.ts'
import { type LogTail, reportOf } from './report.ts'
import { runLabel } from './test-run.ts'
import { until } from './wait.ts'
import { type Watched, watchNamespace } from './watched.ts'

export interface Space {
  readonly cluster: TestCluster
  readonly rest: Rest
  readonly namespace: string
  readonly seen: Watched
  /** Aborts when an operator of the namespace ended by itself, with a sentence as its reason. */
  readonly failure: AbortSignal
  fail(reason: string): void
  /** Whose log is worth reading when something is awaited in vain. */
  addLog(tail: LogTail): void
  report(): Promise<string>
}

/** Makes a namespace that lives as long as the test. */
export async function openSpace(title: string): Promise<Space> {
  const cluster = await connectToCluster()
  const namespace = `t-${title}-${randomBytes(3).toString('hex')}`
  const metadata = { name: namespace, labels: { [runLabel]: inject('testRun') } }
  await cluster.rest.create(namespaces, { metadata })
  const watching = new AbortController()
  const failure = new AbortController()
  const logs: LogTail[] = []
  const seen = await watchNamespace(cluster.rest, namespace, watching.signal)
  const space: Space = {
    cluster,
    rest: cluster.rest,
    namespace,
    seen,
    failure: failure.signal,
    fail: (reason) => failure.abort(reason),
    addLog: (tail) => logs.push(tail),
    report: () => reportOf(cluster.rest, namespace, seen, logs),
  }
  onTestFinished(async () => {
    await release(space.rest, namespace)
    await deleteNamespace(cluster.rest, namespace)
    watching.abort()
    cluster.close()
  })
  return space
}

async function deleteNamespace(rest: Rest, name: string): Promise<void> {
  try {
    await rest.delete(namespaces, { name })
  } catch (error) {
    // A test may have deleted it itself: then it is gone, or going (409).
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}

/** Applies a manifest as a person would: created, or changed where it is there. */
export async function applyResource(space: Space, manifest: CanaryStatefulSet): Promise<void> {
  await space.rest.patch(
    canaryStatefulSets,
    { namespace: space.namespace, name: manifest.metadata.name },
    { type: 'apply', body: manifest, force: true },
    { fieldManager: 'test', fieldValidation: 'Strict' },
  )
}

/** Changes the resource by a merge patch. */
export function changeResource(space: Space, body: object, name = 'redis'): Promise<unknown> {
  const patch: Patch = { type: 'merge', body }
  return space.rest.patch(canaryStatefulSets, { namespace: space.namespace, name }, patch)
}

/** Deletes the resource and waits until the operator has let it go. */
export async function deleteResource(space: Space, name = 'redis', within = 60): Promise<void> {
  await space.rest.delete(canaryStatefulSets, { namespace: space.namespace, name })
  await until(space, `${name} is deleted`, (seen) => seen.resource(name) === undefined, { within })
}
