/** The command line of the operator: what it takes, and one sentence about what is wrong with it. */
import { parseArgs } from 'node:util'
import type { LogLevel } from './kube/json-log.ts'
import { type Address, parseAddress } from './kube/manager/address.ts'

export interface Flags {
  readonly help: boolean
  readonly kubeconfig: string | undefined
  readonly context: string | undefined
  readonly namespace: string | undefined
  readonly concurrency: number
  /** The user to act as; undefined where the connection is that user already. */
  readonly impersonate: string | undefined
  /** Compete for a Lease before working. */
  readonly leaderElect: boolean
  /** Another name for the Lease than that of the namespace's operators. */
  readonly leaseName: string | undefined
  /** Where /healthz and /readyz are answered, and /metrics; undefined: nowhere. */
  readonly healthAddress: Address | undefined
  readonly metricsAddress: Address | undefined
  readonly logLevel: LogLevel
}

/** The command line cannot be used; the message says what to write instead. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

export const usage = `canary-operator: canary rollouts for StatefulSets (CanaryStatefulSet, app.example.com/v1alpha1)

  --kubeconfig FILE          the cluster to work on (default: $KUBECONFIG, the pod's own, ~/.kube/config)
  --context NAME             a context of the kubeconfig (default: its current one)
  --namespace NAME           work in this namespace only (default: in all)
  --concurrency N            resources worked on at the same time (default: 4)
  --service-account NS/NAME  whom to act as outside of a cluster (default: canary-system/canary-operator)
  --leader-elect             work only while holding a Lease (default in a cluster; --no-leader-elect: never)
  --lease-name NAME          the Lease to hold, in canary-system (default: canary-operator, with --namespace
                             canary-operator-NAMESPACE); implies --leader-elect
  --health-address ADDRESS   answer /healthz and /readyz here: :8081, 127.0.0.1:8081, or 0 for nowhere
                             (default: :8081 in a cluster, 0 outside)
  --metrics-address ADDRESS  answer /metrics here (default: :8080 in a cluster, 0 outside)
  --log-level LEVEL          debug, info, warn or error (default: info)
  --help                     this text

Let one operator work on a namespace at a time: a Lease keeps apart only those with the same --namespace (or all
without), and outside of a cluster none is held unless asked for.
`

const logLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
const defaultServiceAccount = 'canary-system/canary-operator'

type Environment = Readonly<Record<string, string | undefined>>

/** Throws a UsageError. Reads nothing but what it is given. */
export function parseFlags(argv: readonly string[], env: Environment): Flags {
  const values = parse(argv)
  const inCluster =
    values.kubeconfig === undefined && !env['KUBECONFIG'] && env['KUBERNETES_SERVICE_HOST'] !== undefined
  const account = values['service-account'] ?? (inCluster ? undefined : defaultServiceAccount)
  return {
    help: values.help ?? false,
    kubeconfig: notEmpty('kubeconfig', values.kubeconfig),
    context: notEmpty('context', values.context),
    namespace: objectName('namespace', values.namespace),
    concurrency: concurrencyOf(values.concurrency ?? '4'),
    impersonate: account === undefined ? undefined : userOf(account),
    leaderElect: values['leader-elect'] ?? (inCluster || values['lease-name'] !== undefined),
    leaseName: objectName('lease-name', values['lease-name']),
    healthAddress: addressOf('health-address', values['health-address'] ?? (inCluster ? ':8081' : '0')),
    metricsAddress: addressOf('metrics-address', values['metrics-address'] ?? (inCluster ? ':8080' : '0')),
    logLevel: logLevelOf(values['log-level'] ?? 'info'),
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowNegative: true,
      options: {
        kubeconfig: { type: 'string' },
        context: { type: 'string' },
        namespace: { type: 'string' },
        concurrency: { type: 'string' },
        'service-account': { type: 'string' },
        'leader-elect': { type: 'boolean' },
        'lease-name': { type: 'string' },
        'health-address': { type: 'string' },
        'metrics-address': { type: 'string' },
        'log-level': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values
  } catch (error) {
    const [sentence] = (error instanceof Error ? error.message : String(error)).split('. ')
    throw new UsageError(`${sentence}; --help lists the flags.`)
  }
}

/** Mostly a shell variable that is not set. */
function notEmpty(flag: string, text: string | undefined): string | undefined {
  if (text !== '') return text
  throw new UsageError(`--${flag} is empty; give it a value, or leave it out.`)
}

/** What the API server takes for a name (RFC 1123, the narrower form of labels). */
function objectName(flag: string, text: string | undefined): string | undefined {
  const name = notEmpty(flag, text)
  if (name === undefined || /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return name
  throw new UsageError(
    `--${flag} is "${name}"; give a name of at most 63 small letters, digits and dashes, e.g. canary-operator.`,
  )
}

function concurrencyOf(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text)
  throw new UsageError(`--concurrency is "${text}"; give a number from 1 to 9999.`)
}

function userOf(account: string): string {
  const match = /^([a-z0-9-]+)\/([a-z0-9.-]+)$/.exec(account)
  if (match === null)
    throw new UsageError(
      `--service-account is "${account}"; give it as NAMESPACE/NAME, e.g. ${defaultServiceAccount}.`,
    )
  return `system:serviceaccount:${match[1]}:${match[2]}`
}

function addressOf(flag: string, text: string): Address | undefined {
  if (text === '0') return undefined
  const address = parseAddress(text)
  if (address !== undefined) return address
  throw new UsageError(`--${flag} is "${text}"; give it as :PORT or HOST:PORT, or 0 for nowhere.`)
}

function logLevelOf(text: string): LogLevel {
  const level = logLevels.find((known) => known === text)
  if (level !== undefined) return level
  throw new UsageError(`--log-level is "${text}"; give one of ${logLevels.join(', ')}.`)
}
