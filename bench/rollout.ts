/**
 * A rollout by the operator beside one by a script that makes the same writes on watches of its own (rollout-script.ts), on
 * the same cluster, one after the other. What the cluster takes for its pods is the same for both; what is compared is how long
 * each of them takes to act once it can.
 */
import type { Bench, Figures } from './bench.ts'
import { besideAnOperator, install, removed } from './beside-an-operator.ts'
import { createOperated } from './operated.ts'
import { createScript, type Place } from './rollout-script.ts'
import { follow, forward, type Milestone, type Part, promotion, type Shape } from './rollout-timeline.ts'

const shape = { replicas: 4, canaries: 2, from: 'redis:7.0', to: 'redis:7.0.5' } as const satisfies Omit<
  Shape,
  'name'
>

export const rollout: Bench = {
  name: 'rollout',
  about:
    'Four replicas of Redis with a readiness probe, two canaries, on a real node: by the operator (as `make run` starts it) and by a ' +
    'script that makes the same writes on watches. Canary gone and promoted: from the word on; displaced ready: from canary gone on. Acts: ' +
    'the sum of the times between what is waited for (a pod gone or Ready, a word) and the write to a set that follows it, as a third ' +
    "party's watches see both; dry runs and the promote annotation are in it. Added: the operator's less the script's.",
  place: 'node',
  columns: {
    active: { title: 'canary active, s', digits: 2 },
    gone: { title: 'canary gone, s', digits: 2 },
    displaced: { title: 'displaced ready, s', digits: 2 },
    promoted: { title: 'promoted, s', digits: 2 },
    scriptActive: { title: 'script: canary active, s', digits: 2 },
    scriptPromoted: { title: 'script: promoted, s', digits: 2 },
    acts: { title: 'operator acts, ms', digits: 0 },
    scriptActs: { title: 'script acts, ms', digits: 0 },
    added: { title: 'added, ms', bar: 500, digits: 0 },
  },
  prepare: install,
  measure,
}

/** Who rolls out: both parts begin when they are called, and end by themselves. */
interface Contender {
  readonly name: string
  /** Four replicas of the first image, all Ready. */
  deploy(): Promise<void>
  rollOut(): Promise<void>
  promote(): Promise<void>
}

function measure(): Promise<Figures> {
  return besideAnOperator('bench-rollout', async (place) => {
    const script = await timed(place, scripted(place))
    const ours = await timed(place, operated(place))
    await removed(place, 'operated')
    return figuresOf(ours, script)
  })
}

interface Timed {
  readonly forward: Part
  readonly promotion: Part
}

async function timed({ seen, hopeless }: Place, contender: Contender): Promise<Timed> {
  const { name } = contender
  await contender.deploy()
  const run = (milestones: readonly Milestone[], begin: () => Promise<void>) =>
    follow(seen, milestones, begin, hopeless)
  return {
    forward: await run(forward({ ...shape, name }), () => contender.rollOut()),
    promotion: await run(promotion({ ...shape, name }), () => contender.promote()),
  }
}

function figuresOf(ours: Timed, script: Timed): Figures {
  const actsOf = (one: Timed) => one.forward.actsMs + one.promotion.actsMs
  const seconds = ({ promotion: { at } }: Timed, milestone: string) => (at(milestone) ?? Number.NaN) / 1000
  return {
    active: ours.forward.totalMs / 1000,
    gone: seconds(ours, 'canary gone'),
    displaced: seconds(ours, 'displaced ready') - seconds(ours, 'canary gone'),
    promoted: ours.promotion.totalMs / 1000,
    scriptActive: script.forward.totalMs / 1000,
    scriptPromoted: script.promotion.totalMs / 1000,
    acts: actsOf(ours),
    scriptActs: actsOf(script),
    added: actsOf(ours) - actsOf(script),
  }
}

function scripted(place: Place): Contender {
  return { name: 'scripted', ...createScript(place, { ...shape, name: 'scripted' }) }
}

function operated(place: Place): Contender {
  return { name: 'operated', ...createOperated(place, { ...shape, name: 'operated' }) }
}
