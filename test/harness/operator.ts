/**
 * The operator under test as a process of its own, acting as its service account in one namespace only. It ends with
 * the test; killed, stopped and started again as often as a test wants.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { isNotFound } from '../../src/kube/client/api-error.ts'
import { leases } from '../../src/kube/leader-election/lease.ts'
import { repository } from './cluster.ts'
import { canaryStatefulSets } from './objects.ts'
import { type FaultProxy, startFaultProxy } from './proxy/fault-proxy.ts'
import { isWritten } from './proxy/seen-request.ts'
import type { Space } from './space.ts'
import { until } from './wait.ts'

/** The user that the operator acts as. */
export const operatorUser = 'system:serviceaccount:canary-system:canary-operator'

export interface OperatorOptions {
  /** Compete for a Lease, as in production. */
  readonly leaderElect?: boolean
  /** Its own end is awaited by the test, and fails nothing. */
  readonly mayEnd?: boolean
  /** SIGKILL right after the API server has carried out the operator's n-th write, before it hears of it. */
  readonly cutAfterWrite?: number
  /** Go after the usual ones. */
  readonly flags?: readonly string[]
}

export interface Operator {
  readonly pid: number
  readonly log: readonly string[]
  /** Calls back after each line of the log; returns the function that ends this. */
  readonly onLine: (listener: () => void) => () => void
  /** Resolves with the exit status, or the signal's name. */
  readonly ended: Promise<number | string>
  /** With `cutAfterWrite` only: the writes that were carried out so far, as `PATCH /path`. */
  writes(): readonly string[]
  /** SIGKILL. */
  kill(): Promise<void>
  /** SIGTERM; throws where the operator does not end well. */
  stop(): Promise<void>
}

/** Starts an operator for the namespace of the test. Its own end, not asked for, fails every wait of the test. */
export async function startOperator(space: Space, options: OperatorOptions = {}): Promise<Operator> {
  const { cutAfterWrite } = options
  const proxy = cutAfterWrite === undefined ? undefined : await proxied(space)
  const flags = [
    '--namespace',
    space.namespace,
    ...(proxy === undefined ? [] : ['--kubeconfig', proxy.kubeconfig]),
    ...(options.leaderElect === true ? ['--lease-name', leaseOf(space)] : ['--no-leader-elect']),
    ...(options.flags ?? []),
  ]
  // A test run that is killed takes its operators along.
  const command = ['--pdeathsig', 'KILL', process.execPath, 'src/main.ts', ...flags]
  const child = spawn('setpriv', command, {
    cwd: repository,
    // Half of what a start costs; some tests start hundreds.
    env: { ...process.env, NODE_COMPILE_CACHE: join(repository, '.cache', 'compiled') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const operator = follow(space, child, options.mayEnd === true)
  const written = () => proxy?.faults.requests.filter(isWritten) ?? []
  proxy?.faults.inject(
    { kind: 'loseAnswer', strike: () => operator.kill() },
    (request) => isWritten(request) && written().length === cutAfterWrite,
  )
  onTestFinished(async () => {
    await leave(space, operator)
    await proxy?.close()
    if (options.leaderElect === true) await deleteLease(space)
  })
  return { ...operator, writes: () => written().map(({ method, url }) => `${method} ${url}`) }
}

/** The Lease of an operator that competes for one in this namespace. */
export function leaseOf({ namespace }: Pick<Space, 'namespace'>): string {
  return `canary-operator-${namespace}`
}

async function deleteLease(space: Space): Promise<void> {
  try {
    await space.rest.delete(leases, { namespace: 'canary-system', name: leaseOf(space) })
  } catch (error) {
    // Another operator of the same test had the same one.
    if (!isNotFound(error)) throw error
  }
}

function follow(space: Space, child: ChildProcess, mayEnd: boolean): Omit<Operator, 'writes'> {
  const { pid } = child
  if (pid === undefined) throw new Error('the operator cannot be started: no process id')
  const log: string[] = []
  const listeners = new Set<() => void>()
  const { promise: speaks, resolve: spoke } = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      log.push(line)
      spoke()
      for (const listener of listeners) listener()
    })
  }
  space.addLog({ title: `operator ${pid}`, lines: log })
  const { promise: ended, resolve } = Promise.withResolvers<number | string>()
  let expected = mayEnd
  child.once('exit', (status, signal) => {
    if (!expected) space.fail(`operator ${pid} ended by itself (${signal ?? status})`)
    resolve(signal ?? status ?? 'unknown')
  })
  const end = (signal: 'SIGKILL' | 'SIGTERM') => {
    expected = true
    child.kill(signal)
    return ended
  }
  return {
    pid,
    log,
    onLine(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    ended,
    kill: async () => void (await end('SIGKILL')),
    async stop() {
      // Before its first line it has not yet heard of signals.
      await Promise.race([speaks, ended])
      const status = await end('SIGTERM')
      if (status !== 0) throw new Error(`operator ${pid} ended with ${status} after SIGTERM`)
    },
  }
}

/** At the end of a test: resources go while the operator still runs; then it goes. */
async function leave(space: Space, operator: Omit<Operator, 'writes'>): Promise<void> {
  try {
    if (await isRunning(operator)) await deleteAll(space)
  } finally {
    await operator.kill()
  }
}

async function isRunning({ ended }: Pick<Operator, 'ended'>): Promise<boolean> {
  return (await Promise.race([ended, Promise.resolve('running')])) === 'running'
}

async function deleteAll(space: Space): Promise<void> {
  const { items } = await space.rest.list(canaryStatefulSets, { namespace: space.namespace })
  for (const { metadata } of items) {
    await space.rest.delete(canaryStatefulSets, { namespace: space.namespace, name: metadata.name })
  }
  const what = 'the resources of the test are deleted by its operator'
  await until(space, what, (seen) => seen.resources().length === 0, { within: 45 })
}

interface Proxied {
  readonly faults: FaultProxy
  readonly kubeconfig: string
  close(): Promise<void>
}

/** A proxy in front of the API server, and a kubeconfig that leads to it. */
export async function proxied(space: Space): Promise<Proxied> {
  const { connection } = space.cluster
  const { tls, headers } = await connection.credentials()
  const faults = await startFaultProxy({ server: connection.server, tls })
  const directory = await mkdtemp(join(tmpdir(), 'canary-test-'))
  const kubeconfig = join(directory, 'kubeconfig')
  const file = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'proxy',
    clusters: [{ name: 'proxy', cluster: { server: faults.url } }],
    users: [{ name: 'proxy', user: { token: String(headers['authorization']).replace(/^Bearer /, '') } }],
    contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'proxy' } }],
  }
  await writeFile(kubeconfig, JSON.stringify(file))
  return {
    faults,
    kubeconfig,
    async close() {
      await faults.close()
      await rm(directory, { recursive: true })
    },
  }
}
