/**
 * The holes that the first design had, each opened again by a mutant, with the shortest story of what happens then. Printed for
 * docs/explain/model-checking.md.
 */
import { hunt } from './hunt.ts'
import { allMutants } from './list.ts'

interface Hole {
  readonly title: string
  readonly mutant: string
  /** Where to look for it. */
  readonly scenario: string
}

const holes: readonly Hole[] = [
  {
    title: 'The pods cache stands still, and pods are not listed live before a write',
    mutant: 'every write is taken for one that needs no live LIST',
    scenario: 'caches that stand still on the way',
  },
  {
    title: 'The canary set outlives its rollout',
    mutant: 'the canary set is not deleted before stable gets its replicas back',
    scenario: 'caches that stand still on the way',
  },
  {
    title: 'currentRevision lags behind, and the next rollout starts',
    mutant: 'facts.ts isWhole: without stable.caughtUp',
    scenario: 'one rollout right after the other',
  },
  {
    title: 'canaryReplicas is edited in the middle',
    mutant: 'facts: steps follow the spec in a rollout',
    scenario: 'another number of canaries',
  },
  {
    title: 'Fewer replicas than canaries',
    mutant: 'steps: canaries are not clamped to the replicas',
    scenario: 'more canaries than replicas',
  },
  {
    title: 'replicas is edited in the middle',
    mutant: 'facts: N follows the spec in a rollout',
    scenario: 'scaled down in the middle',
  },
  {
    title: 'A rollback that cannot end has no way out',
    mutant: 'a blocked rollback is never left for a third version',
    scenario: 'a way forward',
  },
  {
    title: 'A broken replica blocks everything',
    mutant: 'there is no force',
    scenario: 'pods that fail on the way',
  },
  {
    title: 'What new code has touched is not known',
    mutant: 'promote: what new code may touch is not recorded before the partition falls',
    scenario: 'evictions on the way',
  },
  {
    title: 'One approval counts for two steps',
    mutant: 'decide: an approval is not marked as consumed',
    scenario: 'two steps of one size',
  },
  {
    title: 'The one patch without its partition',
    mutant: 'promote: the one patch has no partition',
    scenario: 'evictions on the way',
  },
  {
    title: 'Two patches instead of one',
    mutant: 'promote: the replicas come back before the template',
    scenario: 'evictions on the way',
  },
  {
    title: 'The stable set is deleted by hand, and made anew over its claims',
    mutant: 'rules/create.ts create: without missing(facts, set)',
    scenario: 'the stable set is deleted by hand',
  },
]

const mutants = allMutants()
for (const { title, mutant: name, scenario } of holes) {
  const mutant = mutants.find((candidate) => candidate.title === name)
  if (mutant === undefined) throw new Error(`no mutant is called "${name}"`)
  const found = await hunt(mutant, [1000, 8000, 40_000], scenario)
  process.stdout.write(`### ${title}\n\nMutant: \`${name}\`. `)
  if (found === undefined) {
    process.stdout.write('No world of the scenario shows it within the bound.\n\n')
    continue
  }
  process.stdout.write(`Scenario: ${found.scenario}.\n\n\`\`\`\n${found.trace.join('\n')}\n\`\`\`\n\n`)
}
