/**
 * One play from start to end on the cluster of the current kubeconfig: install, operator, walk-through, summary. What
 * it made is taken away again, also when it fails or is interrupted.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubectl, kubectlOutput } from '../tools/kubectl.ts'
import { type Live, watchLive } from './live.ts'
import { type Operator, startOperator } from './operator.ts'
import { runProgram } from './run-program.ts'
import type { Screen } from './screen.ts'
import { type Stage, clear, prepare } from './stage.ts'
import { acts, type Play } from './walk-through.ts'

interface Time {
  readonly title: string
  readonly seconds: number
}

/** Returns when everything was shown and every comparison held; throws otherwise. */
export async function playOn(stage: Stage, screen: Screen, interrupted: AbortSignal): Promise<void> {
  const server = await kubectl([
    'config',
    'view',
    '--minify',
    '--output',
    'jsonpath={.clusters[0].cluster.server}',
  ])
  screen.say(`\nThe walk-through, on ${server.stdout}, in namespace ${stage.namespace}`)
  screen.heading('Installed: the CRD, the rights of the operator and its guard policies')
  screen.command('make install')
  await runProgram(process.execPath, ['tools/install.ts'])
  await prepare(stage)
  const directory = mkdtempSync(join(tmpdir(), 'canary-demo-'))
  screen.command(`node src/main.ts --namespace ${stage.namespace}   (its log: ${directory}/operator.log)`)
  let live: Live | undefined
  const operator = startOperator(stage.namespace, join(directory, 'operator.log'), (why) => live?.fail(why))
  live = watchLive(screen, stage.namespace, stage.name)
  interrupted.addEventListener('abort', () =>
    live.fail(new Error('interrupted; what was made is taken away')),
  )
  let times: readonly Time[]
  try {
    times = await playActs({ stage, screen, live, written: new Map() })
  } catch (error) {
    if (!interrupted.aborted) await explain(operator, stage, screen)
    throw error
  } finally {
    await tidyUp(operator, live, stage)
  }
  rmSync(directory, { recursive: true })
  summarise(screen, times)
}

async function playActs(play: Play): Promise<readonly Time[]> {
  const times: Time[] = []
  for (const act of acts) {
    play.screen.heading(act.title)
    const start = play.screen.seconds()
    await act.play(play)
    times.push({ title: act.title, seconds: play.screen.seconds() - start })
  }
  return times
}

async function tidyUp(operator: Operator, live: Live, stage: Stage): Promise<void> {
  live.stop()
  try {
    await clear(stage)
  } finally {
    await operator.stop()
  }
}

/** What a person would look at first. Failing to show it must not hide the failure itself. */
async function explain(operator: Operator, stage: Stage, screen: Screen): Promise<void> {
  const here = ['--namespace', stage.namespace]
  const shown = [
    kubectlOutput(['describe', 'canarystatefulset', stage.name, ...here]),
    kubectlOutput(['get', 'statefulsets,pods,persistentvolumeclaims', '--output', 'wide', ...here]),
  ]
  for (const result of await Promise.allSettled(shown)) {
    screen.output(result.status === 'fulfilled' ? result.value : String(result.reason))
  }
  screen.output(`The operator's last words:\n${operator.lastWords()}`)
}

function summarise(screen: Screen, times: readonly Time[]): void {
  screen.heading('All of it held')
  for (const { title, seconds } of times) screen.say(`${seconds.toFixed(1).padStart(7)} s  ${title}`)
  screen.say(
    `${screen.seconds().toFixed(1).padStart(7)} s  in all. Every key was compared at every step, and none was lost.`,
  )
}
