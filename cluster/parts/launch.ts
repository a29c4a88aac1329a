/**
 * Starting parts in the box, ending them, and telling whether they live; whether they also answer is in answer.ts. A
 * part's pid is kept in a file, together with the kernel's start time, so that a number used again by another process
 * is never taken for the part.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'

import { type Box, insideBox, runInBox } from '../box/box.ts'
import { markedProcesses, namespacePids, startTime } from '../box/processes.ts'
import { waitFor } from '../box/wait.ts'
import { Failure } from '../failure.ts'
import { type Cluster, INNER } from '../state/state.ts'
import type { Part } from './part.ts'

/** One start of a part. */
interface Run {
  /** Pid as the box sees it. */
  readonly pid: number
  /** The kernel's start time of that pid; empty when the part ended before it could be read. */
  readonly since: string
  /** Milliseconds of the wall clock just before the start. */
  readonly launchedAt: number
}

/** Starts parts side by side; returns when all processes exist, not when they answer. */
export async function launch(
  box: Box,
  parts: readonly Part[],
  inherited: readonly number[] = [],
): Promise<void> {
  const now = Date.now()
  const lines = parts.map(({ name, command }) => {
    const words = command.map(quoted).join(' ')
    return `${words} </dev/null >>${INNER}/logs/${name}.log 2>&1 & echo ${name} $!`
  })
  const output = await runInBox(box, ['/bin/sh', '-c', lines.join('\n')], inherited)
  for (const line of output.trim().split('\n')) {
    const [name = '', pid = ''] = line.split(' ')
    const run: Run = {
      pid: Number(pid),
      since: startTime(Number(pid), innerProc(box)) ?? '',
      launchedAt: now,
    }
    writeFileSync(runFile(box.cluster, name), JSON.stringify(run))
  }
}

/** Opens a port of the machine's own loopback for the relay: the given one, or any free one for 0. */
export async function openRelaySocket(
  port: number,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new Failure(
          `Port ${port} of 127.0.0.1 cannot be opened for the API server (${error.message}). End its user and try again.`,
        ),
      ),
    )
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Failure('The relay got no TCP port.')
  return { server, port: address.port }
}

/** Starts the relay on a socket that was opened outside of the box, and closes our own copy of it. */
export async function launchRelay(box: Box, relay: Part, server: Server): Promise<void> {
  // Node has no public way to a listening socket's descriptor; without one it could not be handed on.
  const { _handle: handle } = server as unknown as { readonly _handle: { readonly fd: number } }
  await launch(box, [relay], [handle.fd])
  server.close()
}

/** True while the process that was started last for this part lives. */
export function isAlive(box: Box, part: Part): boolean {
  const run = readRun(box.cluster, part.name)
  return run !== undefined && run.since !== '' && startTime(run.pid, innerProc(box)) === run.since
}

/** True when the part was started and not ended by `kill`: if it is dead now, it died by itself. */
export function shouldLive(cluster: Cluster, part: Part): boolean {
  return readRun(cluster, part.name) !== undefined
}

/** Host pid of a living part. */
export function hostPid(box: Box, part: Part): number | undefined {
  const run = readRun(box.cluster, part.name)
  if (run === undefined || !isAlive(box, part)) return undefined
  const depth = namespacePids(box.pid).length
  return markedProcesses(box.cluster.directory).find((pid) => {
    const pids = namespacePids(pid)
    return pids.length === depth && pids.at(-1) === run.pid
  })
}

/** Sends SIGKILL to a part and waits until it is gone; false when it was not running. */
export async function killPart(box: Box, part: Part): Promise<boolean> {
  const pid = hostPid(box, part)
  if (pid !== undefined) process.kill(pid, 'SIGKILL')
  await waitFor({
    what: `The end of ${part.name}`,
    seconds: 10,
    check: () => !isAlive(box, part),
    advice: `Look at process ${pid}.`,
  })
  rmSync(runFile(box.cluster, part.name), { force: true })
  return pid !== undefined
}

/** Wall clock just before the last start of the part, in milliseconds; 0 when it was never started. */
export function launchedAt(cluster: Cluster, part: Part): number {
  return readRun(cluster, part.name)?.launchedAt ?? 0
}

function readRun(cluster: Cluster, name: string): Run | undefined {
  try {
    return JSON.parse(readFileSync(runFile(cluster, name), 'utf8')) as Run
  } catch {
    return undefined
  }
}

function runFile(cluster: Cluster, name: string): string {
  return join(cluster.directory, 'pids', name)
}

function innerProc(box: Box): string {
  return insideBox(box, '/proc')
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
