/**
 * `make play`: the walk-through in the terminal, told by the simulated cluster of the tests. What decides is the
 * operator's own `plan`; API server, set controller, kubelet and clock are the model. No root, no cluster, two seconds.
 */
import { pathToFileURL } from 'node:url'
import { sentence } from '../src/core/reason.ts'
import { createOperator, type Visit } from '../test/simulator/operator.ts'
import { edit as make } from '../test/simulator/people.ts'
import { prompt, toRest } from '../test/simulator/play.ts'
import type { Edit, Image } from '../test/simulator/setting.ts'
import { contentOf, createWorld, type World } from '../test/simulator/world.ts'
import { createScreen, type Screen } from './screen.ts'

const old = 'redis:6.2.6'
const next = 'redis:7.0.5'
const broken = 'redis:0.0.0-does-not-exist'

const images: Readonly<Record<string, Image>> = {
  [old]: { behaviour: 'runs', writes: 6, opens: [6] },
  [next]: { behaviour: 'runs', writes: 7, opens: [6, 7] },
  [broken]: { behaviour: 'noImage', writes: 7, opens: [7] },
}

interface Act {
  readonly title: string
  /** What a person types; nothing where a fault does it. */
  readonly command: string
  readonly edit?: Edit
}

const acts: readonly Act[] = [
  { title: 'A Redis 6 of three replicas', command: 'kubectl apply -f examples/redis-canary.yaml' },
  {
    title: 'A new version: a canary on the data of the replica that it displaces',
    command: `kubectl patch csts redis --type merge -p '{"spec":{"image":"${next}"}}'`,
    edit: { image: next },
  },
  {
    title: 'A stranger scales the stable set while the canary runs (where no policy keeps them from it)',
    command: 'kubectl scale statefulset redis-stable --replicas=3',
    edit: { strayStableReplicas: 3 },
  },
  {
    title: 'Approved: every replica gets the new version, on its own data',
    command: 'kubectl annotate csts redis canary.example.com/promote=true',
    edit: { promote: 'true' },
  },
  {
    title: 'A version that cannot start is taken back by itself',
    command: `kubectl patch csts redis --type merge -p '{"spec":{"image":"${broken}"}}'`,
    edit: { image: broken },
  },
  {
    title: 'Asked for the version that runs, all is well again',
    command: `kubectl patch csts redis --type merge -p '{"spec":{"image":"${next}"}}'`,
    edit: { image: next },
  },
  {
    title: 'Deleted: pods and sets go in order, the claims stay',
    command: 'kubectl delete csts redis',
    edit: { delete: true },
  },
]

/** Tells the whole of it. Throws where the model sees a promise broken. */
export function playSimulated(write: (line: string) => void, isTerminal = false): void {
  const world = createWorld({ replicas: 3, canaryReplicas: 1, image: old, images })
  const operator = createOperator(world)
  const begin = world.now
  const screen = createScreen(write, isTerminal, () => (world.now - begin) / 1000)
  screen.say('The walk-through as the simulated cluster tells it; what decides is the operator itself.')
  screen.say(
    'Seconds are those of the model: all that happens at once has the same. `make demo` is the real thing.',
  )
  const audience = audienceAt(screen)
  acts.forEach(({ title, command, edit }, index) => {
    screen.heading(`${index + 1}. ${title}`)
    screen.command(command)
    if (edit !== undefined) make(world, edit)
    toRest(world, operator, prompt, audience)
    screen.say('')
    if (world.resource.gone)
      screen.say(
        `\nLeft: ${world.claims.map((claim) => `${claim.name} (Redis ${contentOf(world, claim).version})`).join(', ')}`,
      )
    else screen.output(drawn(world).join('\n'))
  })
}

/** Says what the operator decides, where that is something new, and what becomes of pods. */
function audienceAt(screen: Screen) {
  let told = ''
  return {
    visited({ plan: { reason }, did }: Visit) {
      if (reason.code === 'Gone') return
      const because = sentence(reason)
      if (because !== told && did !== 'asked') screen.event('operator', because.replaceAll('rev-', ''))
      told = because
    },
    moved(what: string) {
      if (/^redis-(stable|canary)-\d/.test(what)) screen.event('cluster', what.replaceAll('rev-', ''))
    },
  }
}

/** Who runs what on which data: a line for each set, a column for each ordinal. */
function drawn(world: World): readonly string[] {
  const ordinals = [...new Set(world.claims.map(({ ordinal }) => ordinal))].toSorted(
    (one, other) => one - other,
  )
  const row = (name: string, cell: (ordinal: number) => string) =>
    `${name.padEnd(14)}${ordinals.map((ordinal) => cell(ordinal).padEnd(18)).join('')}`.trimEnd()
  const pod = (role: string) => (ordinal: number) => {
    const found = world.pods.find((candidate) => candidate.role === role && candidate.ordinal === ordinal)
    if (found === undefined) return '·'
    return `${found.revision.replace('rev-', '')}${found.readySince === undefined ? ' (not ready)' : ''}`
  }
  return [
    row('ordinal', String),
    row('redis-stable', pod('stable')),
    row('redis-canary', pod('canary')),
    row('data of Redis', (ordinal) => {
      const claim = world.claims.find((candidate) => candidate.ordinal === ordinal)
      return claim === undefined ? '·' : String(contentOf(world, claim).version)
    }),
  ]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  playSimulated((line) => console.log(line), process.stdout.isTTY && process.env['NO_COLOR'] === undefined)
