/**
 * One play from start to end on the cluster of the current kubeconfig: install, operator, walk-through, summary. What
 * it made is taken away again, also when it fails or is interrupted.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubectl, kubectlOutput } from '../tools/kubectl.ts'
import { watchLive } from './live.ts'
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
  await installOn(stage, screen)
  const directory = mkdtempSync(join(tmpdir(), 'canary-demo-'))
  const logFile = join(directory, 'operator.log')
  screen.command(`node src/main.ts --namespace ${stage.namespace}   (its log: ${logFile})`)
  const live = watchLive(screen, stage.namespace, stage.name)
  const operator = startOperator(stage.namespace, logFile, (why) => live.fail(why))
  interrupted.addEventListener('abort', () =>
    live.fail(new Error('interrupted; what was made is taken away')),
  )
  let times: readonly Time[]
  try {
    times = await playActs({ stage, screen, live, written: new Map() })
  } catch (error) {
    if (!interrupted.aborted) await explain(operator, stage, screen)
    await tidyUp().catch((left: unknown) => screen.say(`\nSomething is left: ${String(left)}`))
    throw error
  }
  await tidyUp()
  rmSync(directory, { recursive: true })
  summarise(screen, times)

  /** Deletion is the operator's work, so where it died another one does it. */
  async function tidyUp(): Promise<void> {
    live.stop()
    const able = operator.isRunning() ? operator : startOperator(stage.namespace, logFile, () => {})
    try {
      await clear(stage)
    } finally {
      await able.stop()
    }
  }
}

async function installOn(stage: Stage, screen: Screen): Promise<void> {
  const address = 'jsonpath={.clusters[0].cluster.server}'
  const { stdout } = await kubectl(['config', 'view', '--minify', '--output', address])
  screen.say(`\nThe walk-through, on ${stdout || 'the current kubeconfig'}, in namespace ${stage.namespace}`)
  screen.heading('Installed: the CRD, the rights of the operator and its guard policies')
  screen.command('make install')
  await runProgram(process.execPath, ['tools/install.ts'])
  await prepare(stage)
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
