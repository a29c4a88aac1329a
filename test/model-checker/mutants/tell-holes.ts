/** Writes docs/explain/holes.md: the story of each hole, as the model checker finds it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { holes, type Hole } from './holes.ts'
import { type Catch, createHunt, scenariosWith } from './hunt.ts'
import { allMutants } from './list.ts'

const rounds = [
  { surveyed: 800, beyond: 2000, atMost: 20_000, fromStart: 2000 },
  { surveyed: 2500, beyond: 4000, atMost: 20_000, fromStart: 6000 },
]
const mutants = allMutants()
const stories: string[] = []

for (const [index, hole] of holes.entries()) {
  stories.push(`## ${index + 1}. ${hole.title}\n\n${await storyOf(hole)}\n`)
  process.stdout.write(`${stories.at(-1)}\n`)
}
writeFileSync(
  join(import.meta.dirname, '../../../docs/explain/holes.md'),
  `# The holes of the first design, opened again

Before anything was built a model of the rules was explored, and the design had seventeen holes. What closes each is a precondition in
\`src/core\`. Here that precondition is taken away, and the model checker tells a story of what happens then, a move a line.
Written by \`node test/model-checker/mutants/tell-holes.ts\`.

${stories.join('\n')}`,
)

async function storyOf({ mutant: title, scenario, notHere }: Hole): Promise<string> {
  if (title === undefined) return `Not here: ${notHere}`
  const found = await huntFor(title, scenario ?? '')
  if (found === undefined) return `Without this: \`${title}\`. No story was found within the bound.`
  return `Without this: \`${title}\`. Scenario: ${found.scenario}.\n\n\`\`\`\n${found.trace.join('\n')}\n\`\`\``
}

async function huntFor(title: string, scenario: string): Promise<Catch | undefined> {
  const mutant = mutants.find((candidate) => candidate.title === title)
  if (mutant === undefined) throw new Error(`no mutant is called "${title}"`)
  for (const round of rounds) {
    const { caught } = await (await createHunt(scenariosWith(scenario), round)).of(mutant)
    if (caught !== undefined) return caught
  }
  return undefined
}
