/**
 * The same story on a real cluster, held against the simulated one: what happens to each set, pod, claim and record, one
 * thing after the other, must be what the simulator says, and at every rest all of it, for the same reason. Between objects
 * the order is compared as far as the operator makes it: after how many changes of the sets each thing happened.
 *
 * Not compared, because no object tells of it in one order on a real cluster: status (counts and conditions of sets, and
 * of the resource all but its reason at rest), how often a pod becomes Ready or fails (whether it ever did is compared),
 * Service, ControllerRevisions, events, and times.
 */
import { annotations, labels } from '../../src/api/v1alpha1/constants.ts'
import type { KubernetesObject } from '../../src/kube/object.ts'
import {
  type CanaryStatefulSet,
  canaryStatefulSets,
  type Claim,
  isReady,
  type Pod,
  pods,
  type StatefulSet,
} from '../harness/objects.ts'
import { startOperator } from '../harness/operator.ts'
import { openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'
import { type ClaimFacts, createHistory, type History, type PodFacts, type SetFacts } from './history.ts'
import { play, type Rest, type Story } from './play.ts'
import { manifestOf, patchOf, revisionHash } from './real-manifest.ts'
import type { Edit, ResourceEdit, Setting } from './setting.ts'

/** Plays the story on both, and throws at the first thing that differs. */
export async function holdAgainstCluster(title: string, { setting, edits }: Story): Promise<void> {
  // The real pods have a readiness probe, so nobody waits for minReadySeconds.
  const { rests } = play({ setting: { ...setting, minReadySeconds: 0 }, edits })
  const space = await openSpace(title)
  const real = followReal(space)
  const names = revisionNames(setting)
  await startOperator(space)

  const { rest, namespace } = space
  await rest.create(canaryStatefulSets, manifestOf(namespace, setting), { fieldValidation: 'Strict' })
  await restAs(space, { real, names, rest: rests[0], after: 'the deployment' })
  for (const [index, edit] of edits.entries()) {
    await make(space, setting, edit)
    await restAs(space, { real, names, rest: rests[index + 1], after: JSON.stringify(edit) })
  }
}

/** By the hash that the operator calls it by, the simulator's name of a revision. */
function revisionNames(setting: Setting): ReadonlyMap<string, string> {
  return new Map(Object.keys(setting.images).map((image) => [revisionHash(setting, image), `rev-${image}`]))
}

async function make({ rest, namespace }: Space, setting: Setting, edit: Edit): Promise<void> {
  const ref = { namespace, name: 'redis' }
  if ('delete' in edit) await rest.delete(canaryStatefulSets, ref)
  else if ('evict' in edit) await rest.delete(pods, { namespace, name: edit.evict })
  else if (!isOfResource(edit)) throw new Error(`nobody can do on a real cluster: ${JSON.stringify(edit)}`)
  else await rest.patch(canaryStatefulSets, ref, { type: 'merge', body: patchOf(setting, edit) })
}

const unreal = [
  'ail',
  'mend',
  'crash',
  'strayStableReplicas',
  'deleteSnapshotOf',
  'retakeSnapshotOf',
  'storage',
]

function isOfResource(edit: Edit): edit is ResourceEdit {
  return !unreal.some((name) => name in edit)
}

interface Awaited {
  /** What has happened by now. */
  readonly real: () => History['told']
  readonly names: ReadonlyMap<string, string>
  readonly rest: Rest | undefined
  readonly after: string
}

/** Waits until all has happened that has in the simulator; throws as soon as something else happens. */
async function restAs(space: Space, { real, names, rest, after }: Awaited): Promise<void> {
  if (rest === undefined) throw new Error('the simulator has another number of rests')
  const told = () => named(real(), names)
  try {
    await until(
      space,
      `${rest.reason} after ${after}, and all that the simulator says`,
      (seen) => {
        // The watches of different kinds are not in step: what came before what is known when all is in.
        const surprise = firstDifference(unnumbered(told()), unnumbered(rest.told))
        if (surprise !== undefined) throw new Error('something else happened')
        return isAll(told(), rest.told) && reasonOf(seen.resource()) === rest.reason
      },
      { within: 90 },
    )
  } catch (error) {
    const difference = firstDifference(told(), rest.told)
    throw difference === undefined ? error : new Error(`after ${after}, ${difference}`, { cause: error })
  }
}

function named(told: History['told'], names: Awaited['names']): History['told'] {
  const text = [...names].reduce((all, [hash, name]) => all.replaceAll(hash, name), JSON.stringify(told))
  return JSON.parse(text) as History['told']
}

function unnumbered(told: History['told']): History['told'] {
  const bare = (moments: readonly string[]) => moments.map((moment) => moment.replace(/^\d+: /, ''))
  return Object.fromEntries(Object.entries(told).map(([name, moments]) => [name, bare(moments)]))
}

/** The first thing that happened on the real cluster and does not, or not then, in the simulator. */
function firstDifference(real: History['told'], simulated: History['told']): string | undefined {
  for (const [name, moments] of Object.entries(real)) {
    const expected = simulated[name] ?? []
    if (moments.every((moment, index) => moment === expected[index])) continue
    return [
      `${name} is not as the simulator has it`,
      'real',
      ...moments.map(indented),
      'simulated',
      ...expected.map(indented),
    ].join('\n')
  }
  return undefined
}

function indented(moment: string): string {
  return `  ${moment}`
}

function isAll(real: History['told'], simulated: History['told']): boolean {
  return Object.entries(simulated).every(([name, moments]) => real[name]?.join() === moments.join())
}

/** Why it rests, as far as a status tells; `Gone` where there is none. */
function reasonOf(resource: CanaryStatefulSet | undefined): string | undefined {
  if (resource === undefined) return 'Gone'
  const { metadata, status } = resource
  if (status?.observedGeneration !== metadata.generation) return undefined
  const stalled = status.conditions?.find(({ type }) => type === 'Stalled')
  if (stalled?.status === 'True') return stalled.reason
  return status.waiting?.for ?? status.phase
}

/**
 * Follows every set, pod and claim of the namespace, from its beginning on. One etcd counts all changes: by their
 * resourceVersions it is known what came before what, also of objects of different kinds.
 */
function followReal({ seen: { caches } }: Space): () => History['told'] {
  const changes: { readonly version: number; readonly tell: (history: History) => void }[] = []
  const note = ({ metadata }: KubernetesObject, tell: (history: History) => void) =>
    void changes.push({ version: Number(metadata.resourceVersion), tell })
  caches.sets.onChange(({ type, object }) =>
    note(object, (history) =>
      type === 'deleted' ? history.setGone(object.metadata.name) : history.set(setFacts(object)),
    ),
  )
  caches.pods.onChange(({ type, object }) =>
    note(object, (history) =>
      type === 'deleted' ? history.podGone(object.metadata.uid) : history.pod(podFacts(object)),
    ),
  )
  caches.claims.onChange(({ type, object }) =>
    note(object, (history) =>
      type === 'deleted' ? history.claimGone(object.metadata.name) : history.claim(claimFacts(object)),
    ),
  )
  return () => {
    const history = createHistory()
    for (const { tell } of changes.toSorted((one, other) => one.version - other.version)) tell(history)
    return history.told
  }
}

function setFacts({ metadata, spec }: StatefulSet): SetFacts {
  const record = metadata.annotations?.[annotations.rollout]
  return {
    name: metadata.name,
    revision: spec.template.metadata?.labels?.[labels.revision] ?? 'none',
    replicas: spec.replicas ?? 1,
    start: spec.ordinals?.start ?? 0,
    partition: spec.updateStrategy?.rollingUpdate?.partition ?? 0,
    record,
  }
}

function podFacts(pod: Pod): PodFacts {
  const { name, uid, deletionTimestamp, labels: carried } = pod.metadata
  const deleting = deletionTimestamp !== undefined
  const failing = pod.status?.containerStatuses?.some(
    ({ state }) => state?.waiting?.reason !== undefined && failures.has(state.waiting.reason),
  )
  return {
    name,
    uid,
    revision: carried?.[labels.revision] ?? 'none',
    ready: isReady(pod),
    failed: failing === true && !deleting,
    deleting,
  }
}

function claimFacts({ metadata: { name, deletionTimestamp } }: Claim): ClaimFacts {
  return { name, deleting: deletionTimestamp !== undefined }
}

const failures: ReadonlySet<string> = new Set(['ErrImagePull', 'ImagePullBackOff', 'CrashLoopBackOff'])
