/**
 * The operator's process: flags, connection, signals. Wiring only; what it does is in controller/operator.ts.
 * Ends with 0 after SIGTERM or SIGINT, with 2 where it cannot start, with 1 where it cannot go on.
 */
import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { destination, pino, stdTimeFunctions } from 'pino'
import { runOperator } from './controller/operator.ts'
import { type Flags, parseFlags, usage, UsageError } from './flags.ts'
import { systemClock } from './kube/clock.ts'
import { connect } from './kube/client/connection.ts'
import { ConnectionConfigError } from './kube/client/kubeconfig.ts'
import { LeadershipLost } from './kube/leader-election/leader-election.ts'
import { createRest } from './kube/client/rest.ts'
import { createTransport } from './kube/client/transport.ts'

const leaseNamespace = 'canary-system'
const defaultLeaseName = 'canary-operator'

/** Operators of different namespaces work side by side; those of the same one (or of all) take turns. */
function leaseOf({ leaderElect, leaseName, namespace }: Flags) {
  if (!leaderElect) return undefined
  const usual = namespace === undefined ? defaultLeaseName : `${defaultLeaseName}-${namespace}`
  return { namespace: leaseNamespace, name: leaseName ?? usual }
}

async function run(flags: Flags): Promise<void> {
  const log = pino(
    { level: flags.logLevel, base: null, timestamp: stdTimeFunctions.isoTime },
    destination({ sync: true }),
  )
  const connection = await connect({ kubeconfig: flags.kubeconfig, context: flags.context })
  const transport = createTransport(connection, {
    userAgent: 'canary-operator',
    impersonate: flags.impersonate,
  })
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort())
  const { namespace, concurrency, impersonate } = flags
  log.info({ server: connection.server.href, namespace, impersonate, version: process.version }, 'starting')
  const operator = {
    rest: createRest(transport),
    namespace,
    concurrency,
    lease: leaseOf(flags),
    identity: `${hostname()}_${randomUUID()}`,
    clock: systemClock,
    log,
  }
  try {
    await runOperator(operator, stop.signal)
  } finally {
    transport.close()
    log.info('stopped')
  }
}

async function main(): Promise<number> {
  try {
    const flags = parseFlags(process.argv.slice(2), process.env)
    if (flags.help) process.stdout.write(usage)
    else await run(flags)
    return 0
  } catch (error) {
    process.stderr.write(`canary-operator: ${wordsOf(error)}\n`)
    return error instanceof UsageError || error instanceof ConnectionConfigError ? 2 : 1
  }
}

/** What people can act on is one sentence; anything else is a bug, and is told with its stack. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const foreseen = [UsageError, ConnectionConfigError, LeadershipLost].some((known) => error instanceof known)
  return foreseen ? error.message : (error.stack ?? error.message)
}

process.exitCode = await main()
