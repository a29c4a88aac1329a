/**
 * `make demo`: the walk-through on a real cluster, live, with the data compared at every step. On the cluster of this
 * repository, which is started and ended where it does not run yet; with CLUSTER=current on the current kubeconfig.
 * Ends with 0 only if everything held, with 2 where something is missing on this machine.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ToolFailure } from '../tools/kubectl.ts'
import { playOn } from './play.ts'
import { ProgramFailed, runProgram } from './run-program.ts'
import { createScreen } from './screen.ts'
import { stageOn } from './stage.ts'

const isElsewhere = process.env['CLUSTER'] === 'current'
/** Of our own cluster, as `make cluster NAME=x` starts it. */
const clusterName = process.env['NAME'] ?? 'canary'
const isInside = process.argv.includes('--inside')

/** Brings our own cluster up and plays in its network. */
async function withOwnCluster(): Promise<void> {
  const command = join(import.meta.dirname, '..', 'cluster', 'main.ts')
  const named = ['--name', clusterName]
  const before = spawnSync(process.execPath, [command, 'status', '--json', ...named], { encoding: 'utf8' })
  await runProgram(process.execPath, [command, 'up', ...named])
  const inside = ['exec', ...named, '--', process.execPath, 'demo/main.ts', '--inside']
  try {
    await runProgram(process.execPath, [command, ...inside])
  } finally {
    if (before.stdout.includes('"state": "absent"')) {
      console.log(
        '\nThe cluster was started for this demo and goes with it; `make cluster` starts one to keep.',
      )
      await runProgram(process.execPath, [command, 'down', ...named])
    }
  }
}

async function play(): Promise<void> {
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort())
  const screen = createScreen(
    (line) => console.log(line),
    process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
  )
  await playOn(stageOn(isInside ? 'own' : 'current'), screen, interrupted.signal)
}

async function main(): Promise<number> {
  try {
    if (isInside || isElsewhere) await play()
    else {
      // The play inside of the cluster gets Ctrl-C as well: it tidies up, and we wait for that.
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => {})
      await withOwnCluster()
    }
    return 0
  } catch (error) {
    if (error instanceof ProgramFailed) return error.exitStatus
    if (error instanceof ToolFailure) {
      console.error(`demo: ${error.message}`)
      return error.exitStatus
    }
    console.error(`\ndemo: ${error instanceof Error ? error.message : String(error)}`)
    return 1
  }
}

process.exitCode = await main()
