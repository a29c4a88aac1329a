/**
 * A mirror process behind a proxy of its own, which competes for the day's Lease: so what it asks and writes is told
 * apart from what others do. It ends with the test.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { condition } from '../condition.ts'
import { repository } from '../cluster.ts'
import { type FaultProxy, startFaultProxy } from '../proxy/fault-proxy.ts'
import { isWrite, type SeenRequest } from '../proxy/seen-request.ts'
import type { BadDay } from './bad-day.ts'

export interface Contender {
  readonly proxy: FaultProxy
  /** What it wanted to write, the Lease aside, in order. */
  readonly writes: () => readonly SeenRequest[]
  /** Resolves as soon as it leads; at once if it ever did. */
  readonly leads: Promise<void>
  /** Resolves as soon as it has stopped itself (mirror-process.ts). */
  readonly freezes: Promise<void>
  /** Resolves with the exit status, or the signal's name. */
  readonly ended: Promise<number | string>
  signal(name: 'SIGCONT' | 'SIGTERM'): void
  /** Waits for a condition that hangs on its proxy. */
  until<T>(what: string, find: () => T | undefined | false): Promise<T>
}

export const leaseName = 'mirror'

export async function startContender(day: BadDay, identity: string): Promise<Contender> {
  const { connection } = day.cluster
  const { tls, headers } = await connection.credentials()
  const proxy = await startFaultProxy({ server: connection.server, tls })
  const directory = await mkdtemp(join(tmpdir(), 'canary-test-'))
  const kubeconfig = join(directory, 'kubeconfig')
  const token = String(headers['authorization']).replace(/^Bearer /, '')
  await writeFile(kubeconfig, JSON.stringify(kubeconfigFor(proxy.url, token)))
  const child = spawn(
    process.execPath,
    ['test/harness/mirror/mirror-process.ts', day.namespace, leaseName, identity],
    {
      cwd: repository,
      env: { ...process.env, KUBECONFIG: kubeconfig },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const leads = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<number | string>()
  const freezes = Promise.withResolvers<void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'leading') leads.resolve()
    if (line === 'freezing') freezes.resolve()
  })
  child.once('exit', (status, signal) => ended.resolve(signal ?? status ?? 'unknown'))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended.promise
    await proxy.close()
    await rm(directory, { recursive: true })
  })
  return {
    proxy,
    writes: () => proxy.requests.filter(isWrite),
    leads: leads.promise,
    freezes: freezes.promise,
    ended: ended.promise,
    signal: (name) => void child.kill(name),
    until: (what, find) => condition(`${identity}: ${what}`, find, [proxy.onChange]),
  }
}

function kubeconfigFor(server: string, token: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'proxy',
    clusters: [{ name: 'proxy', cluster: { server } }],
    users: [{ name: 'proxy', user: { token } }],
    contexts: [{ name: 'proxy', context: { cluster: 'proxy', user: 'proxy' } }],
  }
}
