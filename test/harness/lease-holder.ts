/**
 * A process of its own for tests: competes for a Lease, says so in lines, and creates a ConfigMap through the fence for
 * each name on its standard input. Arguments: namespace, identity, seconds of the Lease. Ends on SIGTERM with the Lease
 * released; having lost it, it goes on listening, so that what it is asked then is refused in words, too.
 */
import { createInterface } from 'node:readline'
import { connect } from '../../src/kube/client/connection.ts'
import { createRest } from '../../src/kube/client/rest.ts'
import { createTransport } from '../../src/kube/client/transport.ts'
import { fencedRest } from '../../src/kube/leader-election/fenced-rest.ts'
import { type Leadership, runWhileLeading } from '../../src/kube/leader-election/leader-election.ts'
import { resource } from '../../src/kube/resource.ts'

const configMaps = resource({
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
})
const [namespace = '', identity = '', seconds] = process.argv.slice(2)
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
const transport = createTransport(await connect())
const rest = createRest(transport)
let leadership: Leadership | undefined
const fenced = fencedRest(rest, () => leadership?.holds() ?? false)

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

async function write(name: string): Promise<void> {
  try {
    await fenced.create(configMaps, { metadata: { namespace, name } })
    say(`wrote ${name}`)
  } catch (error) {
    say(`${(error as Error).name} ${name}`)
  }
}

async function lead(given: Leadership): Promise<void> {
  leadership = given
  say('leads')
  await new Promise<void>((resolve) =>
    given.signal.addEventListener('abort', () => resolve(), { once: true }),
  )
}

const input = createInterface({ input: process.stdin })
input.on('line', (name) => void write(name))
const options = { rest, namespace, name: 'lease', identity }
const times = { leaseDurationMs: Number(seconds) * 1000, renewDeadlineMs: 2_000, retryPeriodMs: 500 }
try {
  await runWhileLeading({ ...options, ...times }, lead, stop.signal)
  say('ended')
  input.close()
  process.stdin.destroy()
  transport.close()
} catch (error) {
  say((error as Error).name)
}
