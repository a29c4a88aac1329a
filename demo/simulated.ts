/**
 * `make play`: the walk-through in the terminal, told by the simulated cluster of the tests. What decides is the
 * operator's own `plan`; API server, set controller, kubelet and clock are the model. No root, no cluster, two seconds.
 */
import { pathToFileURL } from 'node:url'
import type { Plan } from '../src/core/decision.ts'
import { plan } from '../src/core/plan.ts'
import { sentence } from '../src/core/reason.ts'
import { type Edit, type Image, World } from '../test/simulator/world.ts'
import { createScreen, type Screen } from './screen.ts'

const old = 'redis:6.0.16'
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
  const world = new World({ replicas: 3, canaryReplicas: 1, image: old, images })
  const begin = world.now
  const screen = createScreen(write, isTerminal, () => (world.now - begin) / 1000)
  screen.say('The walk-through as the simulated cluster tells it; what decides is the operator itself.')
  screen.say(
    'Seconds are those of the model: all that happens at once has the same. `make demo` is the real thing.',
  )
  acts.forEach(({ title, command, edit }, index) => {
    screen.heading(`${index + 1}. ${title}`)
    screen.command(command)
    if (edit !== undefined) world.edit(edit)
    toRest(world, screen)
    screen.say('')
    if (world.gone)
      screen.say(
        `\nLeft: ${world.claims.map(({ name, version }) => `${name} (Redis ${version})`).join(', ')}`,
      )
    else screen.output(drawn(world).join('\n'))
  })
}

/** The operator goes first, since it sees every event; the clock moves when nobody else can. */
function toRest(world: World, screen: Screen): void {
  let told = ''
  for (;;) {
    const decided = plan(world.observe(), world.now)
    if (world.gone) return
    if (decided.status !== undefined) world.writeStatus(decided.status)
    const because = sentence(decided.reason)
    if (because !== told && decided.next.kind !== 'ask')
      screen.event('operator', because.replaceAll('rev-', ''))
    told = because
    if (!goOn(world, decided, screen)) return
  }
}

/** False where nothing can happen any more. */
function goOn(world: World, { next: { kind, ...what }, wakeAt }: Plan, screen: Screen): boolean {
  if (kind === 'act' && 'action' in what) world.apply(what.action)
  else if (kind === 'ask' && 'question' in what) world.answer(what.question.kind)
  else {
    const moved = world.step()
    if (moved !== undefined) {
      if (/^redis-(stable|canary)-\d/.test(moved)) screen.event('cluster', moved.replaceAll('rev-', ''))
    } else {
      if (wakeAt === undefined || wakeAt <= world.now) return false
      world.now = wakeAt
    }
  }
  return true
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
    row('data of Redis', (ordinal) =>
      String(world.claims.find((claim) => claim.ordinal === ordinal)?.version ?? '·'),
    ),
  ]
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href)
  playSimulated((line) => console.log(line), process.stdout.isTTY && process.env['NO_COLOR'] === undefined)
