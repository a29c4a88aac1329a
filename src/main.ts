/** The operator's process: flags, connection, log. Wiring only; what it does is in controller/operator.ts. */
import { runOperator } from './controller/operator.ts'
import { type Flags, parseFlags, usage, UsageError } from './flags.ts'
import { connect } from './kube/client/connection.ts'
import { createRest } from './kube/client/rest.ts'
import { createTransport } from './kube/client/transport.ts'
import { createJsonLog } from './kube/json-log.ts'
import { createMetrics } from './kube/manager/metrics.ts'
import { runProgram } from './kube/manager/program.ts'

const leaseNamespace = 'canary-system'
const defaultLeaseName = 'canary-operator'

/** Operators of different namespaces work side by side; those of the same one (or of all) take turns. */
function leaseOf({ leaderElect, leaseName, namespace }: Flags) {
  if (!leaderElect) return undefined
  const usual = namespace === undefined ? defaultLeaseName : `${defaultLeaseName}-${namespace}`
  return { namespace: leaseNamespace, name: leaseName ?? usual }
}

async function run(flags: Flags, signal: AbortSignal): Promise<void> {
  const { namespace, concurrency, impersonate, healthAddress, metricsAddress } = flags
  const log = createJsonLog({ level: flags.logLevel })
  const connection = await connect({ kubeconfig: flags.kubeconfig, context: flags.context, signal })
  const { server } = connection
  log.info({ server: server.href, namespace, impersonate, version: process.version }, 'starting')
  const metrics = createMetrics()
  const transport = createTransport(connection, {
    userAgent: 'canary-operator',
    impersonate,
    meter: metrics.meter,
  })
  const operator = {
    rest: createRest(transport),
    leaseRest: createRest(transport.unlimited),
    namespace,
    concurrency,
    lease: leaseOf(flags),
    healthAddress,
    metricsAddress,
    metrics,
    log,
  }
  try {
    await runOperator(operator, signal)
  } finally {
    transport.close()
    log.info({}, 'stopped')
  }
}

void runProgram(
  'canary-operator',
  async (signal) => {
    const flags = parseFlags(process.argv.slice(2), process.env)
    if (flags.help) process.stdout.write(usage)
    else await run(flags, signal)
  },
  { cannotStart: [UsageError] },
)
