/**
 * The page that says which phase follows which, and by whose hand: read off the rules by exploring a few small worlds of the
 * model checker and asking the operator's own plan for the phase of each. Pure: generate.ts writes it.
 */
import { phases } from '../src/api/v1alpha1/constants.ts'
import type { Phase } from '../src/api/v1alpha1/types.ts'
import { factsOf } from '../src/core/facts.ts'
import type { SpecView } from '../src/core/observation.ts'
import { phaseOf } from '../src/core/phase.ts'
import type { Rollout } from '../src/core/record.ts'
import { movesOf } from '../test/model-checker/explore.ts'
import { now } from '../test/model-checker/moments.ts'
import { observationOf, throughCaches } from '../test/model-checker/observe.ts'
import { annotate, deletePod, image, promote, remove, replicas } from '../test/model-checker/people.ts'
import { type Scenario, startOf } from '../test/model-checker/scenario.ts'
import { createStateSpace } from '../test/model-checker/state-space.ts'
import type { Setting, World } from '../test/model-checker/world.ts'

const small = { replicas: 2, canaryReplicas: 1 } as const
const fails = { b: { starts: ['crashing'] } } as const
const steps = [{ canaryReplicas: 1 }, { canaryReplicas: 2 }]

function migrating(mountClaims: boolean): Pick<SpecView, 'migration'> {
  return {
    migration: { type: 'Job', timing: 'BeforePromotion', reversible: true, mountClaims, digest: 'one' },
  }
}

/** Without faults of caches: what the operator sees is what there is, so each world has one phase. */
const scenarios: readonly Scenario[] = [
  { title: 'approved', ...small, edits: [image('b'), promote] },
  { title: 'aborted', ...small, edits: [image('b'), annotate('abort', 'true')] },
  { title: 'reverted', ...small, edits: [image('b'), image('a')] },
  { title: 'reverted in its promotion', ...small, before: [image('b')], edits: [promote, image('a')] },
  { title: 'superseded', ...small, before: [image('b')], edits: [image('c')] },
  { title: 'failing', ...small, code: fails, edits: [image('b')] },
  {
    title: 'aborted in its promotion',
    ...small,
    before: [image('b')],
    edits: [promote, annotate('abort', 'true')],
  },
  { title: 'migrated', ...small, spec: migrating(false), before: [image('b')], edits: [promote, image('a')] },
  {
    title: 'migrated on its claim',
    ...small,
    spec: migrating(true),
    before: [image('b')],
    edits: [promote, remove],
  },
  {
    title: 'migration forced out of',
    ...small,
    spec: migrating(false),
    before: [image('b')],
    edits: [promote, annotate('force', 'b')],
  },
  {
    title: 'migration that fails, then deleted',
    ...small,
    spec: migrating(false),
    before: [image('b')],
    edits: [promote, remove],
  },
  { title: 'hurt', ...small, before: [image('b')], edits: [deletePod('canary', 1)] },
  { title: 'in steps', ...small, spec: { steps }, edits: [image('b')] },
  { title: 'not yet working', ...small, code: { a: { starts: ['crashing'] } }, edits: [image('b'), remove] },
  { title: 'without a canary', replicas: 1, canaryReplicas: 0, edits: [image('b')] },
  { title: 'scaled', ...small, edits: [replicas(3), replicas(1), deletePod('stable', 0)] },
  { title: 'forced', ...small, edits: [image('b'), annotate('force', 'b')] },
  {
    title: 'forced out of its promotion',
    ...small,
    before: [image('b')],
    edits: [promote, annotate('force', 'b')],
  },
  { title: 'deleted', ...small, edits: [image('b'), remove] },
  { title: 'deleted in its promotion', ...small, before: [image('b')], edits: [promote, remove] },
  { title: 'deleted in its rollback', ...small, before: [image('b')], edits: [image('a'), remove] },
  { title: 'deleted while scaled', ...small, edits: [replicas(1), remove] },
]

/** Far more than these have. */
const worldsEach = 2_000

const gone = 'gone'
type Place = Phase | typeof gone

/** By where from and where to: what leads there. */
type Ways = ReadonlyMap<Place, ReadonlyMap<Place, ReadonlySet<string>>>

export function stateDiagram(): string {
  const ways = waysOfAll()
  const unmet = phases.filter((phase) => !ways.has(phase))
  if (unmet.length > 0) throw new Error(`no story of state-diagram.ts leads through ${unmet.join(', ')}`)
  return `# The phases

Which phase follows which, and by whose hand. Generated from the rules (\`tools/state-diagram.ts\`): a few small worlds of the [model
checker](model-checking.md), ${scenarios.length} stories in every order of events, are explored with the operator's own plan, and each world is asked for
its phase. \`make generate\` writes this page, \`make check\` compares. What the phases mean to people: [promote and roll back](../guides/promote-and-roll-back.md).

\`\`\`mermaid
stateDiagram-v2
  [*] --> Initializing
${diagram(ways)}
  Terminating --> [*]
\`\`\`

A deletion leads to Terminating from ${listed(sourcesOf(ways, 'Terminating'))}.

## Every way, and what leads there

Names of writes are those of the operator's log, with what a decision was; the rest is people and the cluster.

| from | to | by |
|---|---|---|
${table(ways)}
`
}

/** Deletions come from everywhere, and would hide the rest. */
function diagram(ways: Ways): string {
  const lines = edgesOf(ways).filter(([, to]) => to !== 'Terminating' && to !== gone)
  return lines.map(([from, to, by]) => `  ${from} --> ${to}: ${by.join(', ').replaceAll('`', '')}`).join('\n')
}

function table(ways: Ways): string {
  return edgesOf(ways)
    .map(([from, to, by]) => `| ${from} | ${to} | ${by.join(', ')} |`)
    .join('\n')
}

/** In the order of the phases; the operator's writes first. */
function edgesOf(ways: Ways): readonly (readonly [from: Place, to: Place, by: readonly string[]])[] {
  const places: readonly Place[] = [...phases, gone]
  return places.flatMap((from) =>
    places.flatMap((to) => {
      const by = ways.get(from)?.get(to)
      return by === undefined ? [] : [[from, to, [...by].toSorted(byActor)] as const]
    }),
  )
}

function byActor(one: string, other: string): number {
  return rankOf(one) - rankOf(other) || (one < other ? -1 : 1)
}

function rankOf(word: string): number {
  return word.startsWith('`') ? 0 : 1
}

function sourcesOf(ways: Ways, place: Place): readonly Place[] {
  return phases.filter((from) => ways.get(from)?.has(place) === true)
}

function listed(places: readonly Place[]): string {
  const others = phases.filter((phase) => phase !== 'Terminating')
  return others.every((phase) => places.includes(phase)) ? 'every other phase' : places.join(', ')
}

function waysOfAll(): Ways {
  const ways = new Map<Place, Map<Place, Set<string>>>()
  for (const scenario of scenarios) {
    for (const [from, to, by] of waysIn(scenario)) {
      const led = ways.get(from) ?? new Map<Place, Set<string>>()
      ways.set(from, led)
      led.set(to, (led.get(to) ?? new Set()).add(by))
    }
  }
  return ways
}

function* waysIn(scenario: Scenario): Iterable<readonly [from: Place, to: Place, by: string]> {
  const { world: first, setting, planner, parts } = startOf(scenario)
  const space = createStateSpace(parts)
  const placeOf = createPlaceOf(setting)
  space.add(first, 0)
  for (let index = 0; index < space.size; index++) {
    const world = space.worldAt(index)
    const from = placeOf(world)
    for (const { what, world: after } of movesOf(world, scenario, setting, planner)) {
      space.add(after, index)
      const to = placeOf(after)
      if (from !== to) yield [from, to, wordFor(what, after)]
    }
    if (space.size > worldsEach) throw new Error(`"${scenario.title}" has more than ${worldsEach} worlds`)
  }
}

/** Caches are never late here: what the operator sees is what there is. */
function createPlaceOf(setting: Setting): (world: World) => Place {
  return (world) =>
    world.resource.gone ? gone : phaseOf(factsOf(observationOf(throughCaches(world), setting), now))
}

/** A move of the model, without names and revisions. */
function wordFor(what: string, { stable }: World): string {
  const [, write] = /^the operator \(\w+\): (?:changeStable )?(\w+)/.exec(what) ?? []
  if (write === 'recordDecision') return `\`${write}\` (${decisionOf(stable?.record?.rollout)})`
  if (write !== undefined) return `\`${write}\``
  // Of all that time brings about, phases show this alone.
  if (what.startsWith('time passes')) return 'minReadySeconds pass'
  const [, role, comes] = /^redis-(stable|canary)-\d+ (.*?)(?: on \w+)?$/.exec(what) ?? []
  if (role !== undefined) return `a ${role} pod ${comes}`
  return what
    .replace(/redis-(stable|canary)-\d+/, 'a $1 pod')
    .replace(/^(.*) is set to \w+$/, '$1 is changed')
}

function decisionOf(rollout: Rollout | undefined): string {
  return rollout?.decision === 'rollback' ? (rollout.cause ?? 'roll back') : 'promote'
}
