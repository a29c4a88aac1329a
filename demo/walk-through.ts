/**
 * The walk-through, act by act: each does what a person would do, waits until the cluster is where it should be, and
 * compares all the data. The story itself is told by what happens (live.ts).
 */
import { kubectl, kubectlOutput } from '../tools/kubectl.ts'
import type { Live, State } from './live.ts'
import { isAtRestOn, reasonIfTrue } from './objects.ts'
import { type Written, differenceTo, keysPerReplica, versionOf, write } from './redis-data.ts'
import type { Screen } from './screen.ts'
import { type Stage, deleteClaims, deleteVolume, keptVolumes, leftovers, manifestFile } from './stage.ts'

const newImage = 'redis:7.0.5'
/** No registry and no node has it. */
const brokenImage = 'redis:0.0.0-does-not-exist'

export interface Play {
  readonly stage: Stage
  readonly screen: Screen
  readonly live: Live
  /** The data that was written to the claim of each ordinal. */
  readonly written: Map<number, readonly Written[]>
}

/** The acts, in their order; `title` also stands in the summary. */
export const acts: readonly { readonly title: string; readonly play: (play: Play) => Promise<void> }[] = [
  { title: 'A Redis 6 of three replicas, each with data of its own', play: firstDeploy },
  {
    title: 'Redis 7 and back: Redis 6 gets its data as it was, and what Redis 7 wrote is kept aside',
    play: wayBack,
  },
  { title: 'A new version: a canary of Redis 7 on the data of the replica it displaces', play: canary },
  { title: 'Strangers: the API server refuses what would cost data', play: strangers },
  { title: 'Promoted: every replica runs Redis 7 on its own data', play: promotion },
  { title: 'A version that does not exist is taken back by itself', play: missingImage },
  { title: 'A version that cannot open the data is taken back by itself', play: crashingCanary },
  { title: 'Deleted: the sets go in order, the claims stay until a person deletes them', play: deletion },
]

async function firstDeploy(play: Play): Promise<void> {
  const { stage, screen, written } = play
  const { image, replicas } = stage.manifest.spec
  const elsewhere = stage.isOurs ? `   (with namespace: ${stage.namespace})` : ''
  screen.command(`kubectl apply -f ${manifestFile}${elsewhere}`)
  await kubectlOutput(['apply', '-f', '-'], stage.manifest)
  await reach(
    play,
    `all replicas run ${image}`,
    ({ resource }) => resource !== undefined && isAtRestOn(resource, image),
  )
  for (let ordinal = 0; ordinal < replicas; ordinal++) {
    const pod = stablePod(play, ordinal)
    const data = { keys: 'demo', value: pod, count: keysPerReplica }
    await write({ namespace: stage.namespace, pod }, data)
    written.set(ordinal, [data])
  }
  screen.event(
    'data',
    `${keysPerReplica} keys written into each of the ${replicas} replicas, with the replica's name in the value`,
  )
  await compareAll(play, stablePod)
}

async function wayBack(play: Play): Promise<void> {
  const { stage, screen } = play
  const { image, replicas, canaryReplicas } = stage.manifest.spec
  await setImage(play, newImage)
  await reach(
    play,
    'the canary waits for approval',
    ({ resource }) => resource?.status?.waiting?.for === 'AwaitingApproval',
  )
  const pod = canaryPod(play, replicas - canaryReplicas)
  const data = { keys: 'later', value: pod, count: 100 }
  await write({ namespace: stage.namespace, pod }, data)
  screen.event('data', `${data.count} keys written through ${pod}: Redis 6 could not read what is there now`)
  await setImage(play, image)
  await reach(
    play,
    `all replicas run ${image} again`,
    ({ resource }) => resource !== undefined && isAtRestOn(resource, image),
  )
  await compareAll(play, stablePod)
  await letGo(play)
}

/** What a rollback kept aside is a person's to let go. */
async function letGo(play: Play): Promise<void> {
  const { stage, screen } = play
  await show(play, ['get', 'csts', stage.name, '--output', 'jsonpath={.status.retainedVolumes}'])
  const policy = JSON.stringify({ spec: { persistentVolumeReclaimPolicy: 'Delete' } })
  for (const volume of await keptVolumes(stage)) {
    screen.command(`kubectl patch pv ${volume} --type merge --patch '${policy}'`)
    await deleteVolume(volume)
  }
}

async function canary(play: Play): Promise<void> {
  const { stage, screen, written } = play
  const { replicas, canaryReplicas } = stage.manifest.spec
  await setImage(play, newImage)
  await reach(
    play,
    'the canary waits for approval',
    ({ resource }) => resource?.status?.waiting?.for === 'AwaitingApproval',
  )
  await show(play, ['get', 'csts', stage.name])
  const displaced = replicas - canaryReplicas
  await compareAll(play, (_, ordinal) =>
    ordinal < displaced ? stablePod(play, ordinal) : canaryPod(play, ordinal),
  )
  const pod = canaryPod(play, displaced)
  const data = { keys: 'canary', value: pod, count: 100 }
  await write({ namespace: stage.namespace, pod }, data)
  written.set(displaced, [...(written.get(displaced) ?? []), data])
  screen.event('data', `${data.count} more keys written through ${pod}: they must survive the promotion`)
}

async function strangers(play: Play): Promise<void> {
  const { stage } = play
  const { replicas, canaryReplicas } = stage.manifest.spec
  const set = `${stage.name}-stable`
  await refused(
    play,
    ['scale', 'statefulset', set, `--replicas=${replicas}`],
    'it would have put a second writer on the claim of the canary',
  )
  await refused(
    play,
    ['set', 'image', `statefulset/${set}`, `redis=${newImage}`],
    'it would have rolled the new version over every replica',
  )
  await refused(
    play,
    ['delete', 'persistentvolumeclaim', `data-${set}-${replicas - canaryReplicas}`],
    'it would have deleted what the canary writes to',
  )
}

async function promotion(play: Play): Promise<void> {
  const { stage } = play
  const approval = 'canary.example.com/promote=true'
  await run(play, ['annotate', 'canarystatefulset', stage.name, approval])
  await reach(
    play,
    `all replicas run ${newImage}`,
    ({ resource }) => resource !== undefined && isAtRestOn(resource, newImage),
  )
  await show(play, ['get', 'pods', '--selector', `app=${stage.name}`])
  await compareAll(play, stablePod)
}

function missingImage(play: Play): Promise<void> {
  return takenBack(play, brokenImage)
}

/** Redis 6 cannot read what Redis 7 wrote: it starts, crashes, and is given no second replica. */
async function crashingCanary(play: Play): Promise<void> {
  await takenBack(play, play.stage.manifest.spec.image)
  await letGo(play)
}

async function takenBack(play: Play, image: string): Promise<void> {
  await setImage(play, image)
  await reach(
    play,
    `${image} was rejected and all replicas are back`,
    ({ resource }) =>
      resource !== undefined &&
      isAtRestOn(resource, newImage) &&
      reasonIfTrue(resource, 'Stalled') === 'RevisionRejected',
  )
  await compareAll(play, stablePod)
  await setImage(play, newImage)
  await reach(
    play,
    'nothing is stalled any more',
    ({ resource }) =>
      resource !== undefined &&
      isAtRestOn(resource, newImage) &&
      reasonIfTrue(resource, 'Stalled') === undefined,
  )
}

async function deletion(play: Play): Promise<void> {
  const { stage, screen, live } = play
  await run(play, ['delete', 'canarystatefulset', stage.name, '--wait=false'])
  await reach(
    play,
    'the resource is gone',
    ({ resource, pods }) => resource === undefined && pods.length === 0,
  )
  const ofOurs = ['--selector', `canary.example.com/name=${stage.name}`]
  await show(play, ['get', 'persistentvolumeclaims', ...ofOurs])
  live.stop()
  screen.command(`kubectl delete persistentvolumeclaims --namespace ${stage.namespace} ${ofOurs.join(' ')}`)
  await deleteClaims(stage)
  await kubectlOutput([
    'wait',
    '--for=delete',
    'controllerrevisions,services',
    '--namespace',
    stage.namespace,
    ...ofOurs,
  ])
  const left = await leftovers(stage)
  if (left.length > 0) throw new Error(`this is left: ${left.join(', ')}`)
  screen.finding(true, 'nothing is left: no set, pod, Service, revision, claim or volume')
}

/** Compares every key of every replica, in the pod that `podOf` says stands on its claim; throws if one differs. */
async function compareAll(play: Play, podOf: (play: Play, ordinal: number) => string): Promise<void> {
  const { stage, screen, written } = play
  const compared = [...written].map(async ([ordinal, all]) => {
    const address = { namespace: stage.namespace, pod: podOf(play, ordinal) }
    const version = versionOf(address)
    const differences = await Promise.all(all.map((data) => differenceTo(address, data)))
    const difference = differences.find((text) => text !== undefined)
    const keys = all.reduce((sum, { count }) => sum + count, 0)
    return { ordinal, address, version: await version, keys, difference }
  })
  const results = await Promise.all(compared)
  for (const { ordinal, address, version, keys, difference } of results) {
    const found = difference ?? `all ${keys} keys of replica ${ordinal} are as they were written`
    screen.finding(difference === undefined, `${address.pod}, Redis ${version}: ${found}`)
  }
  if (results.some(({ difference }) => difference !== undefined)) throw new Error('data was lost or mixed up')
}

function setImage(play: Play, image: string): Promise<void> {
  const patch = JSON.stringify({ spec: { image } })
  return run(play, ['patch', 'canarystatefulset', play.stage.name, '--type', 'merge', '--patch', patch])
}

function reach({ live, stage }: Play, what: string, holds: State['holds']): Promise<void> {
  return live.until({ what, seconds: stage.patience, holds })
}

/** Runs a command and prints it first, as a person would type it. */
async function run(play: Play, args: readonly string[]): Promise<void> {
  await kubectlOutput(printed(play, args))
}

async function show(play: Play, args: readonly string[]): Promise<void> {
  play.screen.output(await kubectlOutput(printed(play, args)))
}

/** The guard policy must refuse it, also to us; `otherwise` is what it would have done. */
async function refused(play: Play, args: readonly string[], otherwise: string): Promise<void> {
  const { ok, stderr } = await kubectl(printed(play, args))
  play.screen.output(stderr)
  if (ok || !stderr.includes('canary-protect'))
    throw new Error(`kubectl ${args.join(' ')} was not refused by the guard policy`)
  play.screen.finding(true, `refused: ${otherwise}`)
}

function printed({ stage, screen }: Play, args: readonly string[]): readonly string[] {
  const all = stage.isOurs ? [...args, '--namespace', stage.namespace] : args
  screen.command(`kubectl ${all.map((word) => (/[{ ]/.test(word) ? `'${word}'` : word)).join(' ')}`)
  return stage.isOurs ? all : [...args, '--namespace', stage.namespace]
}

function stablePod({ stage }: Play, ordinal: number): string {
  return `${stage.name}-stable-${ordinal}`
}

function canaryPod({ stage }: Play, ordinal: number): string {
  return `${stage.name}-canary-${ordinal}`
}
