/** `make mutants`: every mutant, what catches it or why nothing can. Ends with 1 where one survives without a reason. */
import { parseArgs } from 'node:util'
import { hunt } from './hunt.ts'
import { allMutants } from './list.ts'
import { reasonFor } from './survivors.ts'

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    levels: { type: 'string', default: '1500,6000,20000' },
    jobs: { type: 'string', default: '1' },
  },
})

const levels = values.levels.split(',').map(Number)
const mutants = allMutants().filter(({ title }) => title.includes(values.only))
let caught = 0
let unexplained = 0

async function work(queue: Iterator<(typeof mutants)[number]>): Promise<void> {
  for (let { value, done } = queue.next(); done !== true; { value, done } = queue.next()) {
    const { title } = value
    const found = await hunt(value, levels)
    const reason = reasonFor(title)
    if (found !== undefined) caught++
    else if (reason === undefined) unexplained++
    const end =
      found === undefined
        ? `survives: ${reason ?? 'NO REASON IS KNOWN'} | |`
        : `${found.promise.slice(0, 110)} | ${found.scenario} | ${found.trace.length - 1}`
    process.stdout.write(
      `| ${title.slice(0, 130).replaceAll('|', '\\|')} | ${end.replaceAll('||', 'or')} |\n`,
    )
  }
}

process.stdout.write('| mutant | broken promise | scenario | moves |\n|---|---|---|---|\n')
const queue = mutants.values()
await Promise.all(Array.from({ length: Number(values.jobs) }, () => work(queue)))
process.stdout.write(
  `\n${mutants.length} mutants, ${caught} caught, ${mutants.length - caught} survive, ${unexplained} of them unexplained.\n`,
)
if (unexplained > 0) process.exitCode = 1
