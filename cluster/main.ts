/**
 * The command: reads the arguments, runs one verb, turns what went wrong into a sentence and an exit status
 * (0 well, 1 failed, 2 the machine lacks something). One file per verb is in verbs/.
 */
import { Failure, messageOf } from './failure.ts'
import { checkRoot } from './prerequisites.ts'
import { Prerequisite } from './programs/prerequisite.ts'
import { type Report, reporter } from './reporter.ts'
import { type Shape, shapeFrom } from './shape.ts'
import { clusterNamed } from './state/state.ts'
import { build } from './verbs/build.ts'
import { down } from './verbs/down.ts'
import { exec } from './verbs/exec.ts'
import { kill } from './verbs/kill.ts'
import { printKubeconfig } from './verbs/kubeconfig.ts'
import { logs } from './verbs/logs.ts'
import { start } from './verbs/start.ts'
import { status } from './verbs/status.ts'
import { up } from './verbs/up.ts'

const USAGE = `A real Kubernetes in one private box of namespaces.

  build                            all that clusters are made of, into the cache (about 10 minutes the first time)
  up [--name X] [--nodes N]        make it, mend it, or find it well; with one node unless told otherwise
  up [--name X] --control-plane-only [--fake-nodes N]
                                   the same with fake nodes, on which pods are only told to run (see README.md)
  down [--name X] [--keep-logs]    end it and remove everything it had
  exec [--name X] -- CMD...        run a command in the cluster's network, with KUBECONFIG and kubectl at hand
  status [--name X] [--json]       which parts run and answer, what they weigh
  logs PART [-f] [--name X]        what a part wrote; audit is the API server's audit log
  kubeconfig [--name X]            path of a kubeconfig for use outside of the box
  kill PART|NODE [--name X]        SIGKILL to a part, or to all of a node with its pods; it stays dead
  start PART|NODE [--name X]       start it again and wait until it answers

The name is "canary" unless given. CLUSTER_STATE and CLUSTER_CACHE move the directories.`

interface Arguments {
  readonly verb: string | undefined
  readonly part: string | undefined
  readonly flags: ReadonlySet<string>
  readonly values: ReadonlyMap<string, string>
  readonly command: readonly string[]
}

async function main(words: readonly string[]): Promise<number> {
  const given = parse(words)
  if (given.verb === undefined || given.verb === 'help' || given.flags.has('--help')) {
    console.log(USAGE)
    return given.verb === undefined && !given.flags.has('--help') ? 1 : 0
  }
  checkRoot()
  return run(given.verb, given)
}

async function buildOnly(report: Report): Promise<number> {
  const { images } = await build(report)
  report(`All programs and ${images.length} images are in the cache.`)
  return 0
}

async function run(verb: string, given: Arguments): Promise<number> {
  const { part, flags, command } = given
  const cluster = clusterNamed(given.values.get('--name') ?? 'canary')
  switch (verb) {
    case 'build':
      return buildOnly(reporter())
    case 'up':
      await up(cluster, shapeOf(given))
      return 0
    case 'down':
      await down(cluster, { keepLogs: flags.has('--keep-logs') })
      return 0
    case 'exec':
      return exec(cluster, command)
    case 'status':
      return status(cluster, { json: flags.has('--json') })
    case 'logs':
      return logs(cluster, part, { follow: flags.has('-f') })
    case 'kubeconfig':
      printKubeconfig(cluster)
      return 0
    case 'kill':
      await kill(cluster, part ?? '')
      return 0
    case 'start':
      await start(cluster, part ?? '')
      return 0
    default:
      throw new Failure(`There is no verb "${verb}".\n\n${USAGE}`)
  }
}

/** The shape that `up` was asked for. */
function shapeOf({ flags, values }: Arguments): Shape {
  return shapeFrom({
    controlPlaneOnly: flags.has('--control-plane-only'),
    nodes: values.get('--nodes'),
    fakeNodes: values.get('--fake-nodes'),
  })
}

const FLAGS = ['--json', '--keep-logs', '--help', '-f', '--control-plane-only']
/** Options with a value after them. */
const VALUES = ['--name', '--nodes', '--fake-nodes']

function parse(words: readonly string[]): Arguments {
  const end = words.indexOf('--')
  const own = end < 0 ? [...words] : words.slice(0, end)
  const command = end < 0 ? [] : words.slice(end + 1)
  const values = new Map<string, string>()
  for (const option of VALUES) {
    const at = own.indexOf(option)
    if (at >= 0) values.set(option, own.splice(at, 2)[1] ?? '')
  }
  const flags = new Set(own.filter((word) => word.startsWith('-')))
  const unknown = [...flags].filter((flag) => !FLAGS.includes(flag))
  if (unknown.length > 0) throw new Failure(`There is no option ${unknown.join(', ')}.\n\n${USAGE}`)
  const [verb, part, ...rest] = own.filter((word) => !word.startsWith('-'))
  if (rest.length > 0)
    throw new Failure(`"${rest.join(' ')}" is too much. A command for exec comes after "--".`)
  return { verb, part, flags, values, command }
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  console.error(messageOf(error))
  process.exitCode = error instanceof Prerequisite ? 2 : 1
}
