/** One step of one bench, in a process of its own in the cluster's network. Prints the figures as JSON. */
import { benches } from './benches.ts'

const [name, step] = process.argv.slice(2)
const bench = benches.find((one) => one.name === name)
if (bench === undefined) throw new Error(`there is no bench ${name}`)
if (step === 'prepare') await bench.prepare?.()
else process.stdout.write(JSON.stringify(await bench.measure()))
