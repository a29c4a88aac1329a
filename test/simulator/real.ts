/**
 * The same story on a real cluster, held against the simulated one: what happens to each set, pod, claim and record, one
 * thing after the other, must be what the simulator says, and at every rest all of it, for the same reason.
 *
 * Not compared, because no object tells of it in one order on a real cluster: status (counts and conditions of sets, and
 * of the resource all but its reason at rest), how often a pod becomes Ready or fails (whether it ever did is compared),
 * Service, ControllerRevisions, events, and times.
 */
import { annotations, labels } from '../../src/api/v1alpha1/constants.ts'
import {
  type CanaryStatefulSet,
  canaryStatefulSets,
  isReady,
  type Pod,
  pods,
  type StatefulSet,
} from '../harness/objects.ts'
import { startOperator } from '../harness/operator.ts'
import { openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'
import { createHistory, type History, type PodFacts, type SetFacts } from './history.ts'
import { play, type Rest, type Story } from './play.ts'
import { manifestOf, patchOf, revisionHash } from './real-manifest.ts'
import type { Edit, Setting } from './setting.ts'

/** Plays the story on both, and throws at the first thing that differs. */
export async function holdAgainstCluster(title: string, { setting, edits }: Story): Promise<void> {
  // The real pods have a readiness probe, so nobody waits for minReadySeconds.
  const { rests } = play({ setting: { ...setting, minReadySeconds: 0 }, edits })
  const space = await openSpace(title)
  const history = followReal(space)
  const names = revisionNames(setting)
  await startOperator(space)

  const { rest, namespace } = space
  await rest.create(canaryStatefulSets, manifestOf(namespace, setting), { fieldValidation: 'Strict' })
  await restAs(space, { history, names, rest: rests[0], after: 'the deployment' })
  for (const [index, edit] of edits.entries()) {
    await make(space, setting, edit)
    await restAs(space, { history, names, rest: rests[index + 1], after: JSON.stringify(edit) })
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
  else if ('ail' in edit || 'mend' in edit || 'crash' in edit || 'strayStableReplicas' in edit)
    throw new Error(`nobody can do on a real cluster: ${JSON.stringify(edit)}`)
  else await rest.patch(canaryStatefulSets, ref, { type: 'merge', body: patchOf(setting, edit) })
}

interface Awaited {
  readonly history: History
  readonly names: ReadonlyMap<string, string>
  readonly rest: Rest | undefined
  readonly after: string
}

/** Waits until all has happened that has in the simulator; throws as soon as something else happens. */
async function restAs(space: Space, { history, names, rest, after }: Awaited): Promise<void> {
  if (rest === undefined) throw new Error('the simulator has another number of rests')
  await until(
    space,
    `${rest.reason} after ${after}, and all that the simulator says`,
    (seen) => {
      const told = named(history.told, names)
      const difference = firstDifference(told, rest.told)
      if (difference !== undefined) throw new Error(`after ${after}, ${difference}`)
      return isAll(told, rest.told) && reasonOf(seen.resource()) === rest.reason
    },
    { within: 90 },
  )
}

function named(told: History['told'], names: Awaited['names']): History['told'] {
  const text = [...names].reduce((all, [hash, name]) => all.replaceAll(hash, name), JSON.stringify(told))
  return JSON.parse(text) as History['told']
}

/** The first thing that happened on the real cluster and does not, or not then, in the simulator. */
function firstDifference(real: History['told'], simulated: History['told']): string | undefined {
  for (const [name, moments] of Object.entries(real)) {
    const expected = simulated[name] ?? []
    if (moments.every((moment, index) => moment === expected[index])) continue
    return [
      `${name} is not as the simulator has it`,
      ...[`real`, ...moments, 'simulated', ...expected].map((line) => `  ${line}`),
    ].join('\n')
  }
  return undefined
}

function isAll(real: History['told'], simulated: History['told']): boolean {
  return Object.entries(simulated).every(([name, moments]) => real[name]?.length === moments.length)
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

/** Follows every set, pod and claim of the namespace, from its beginning on. */
function followReal({ seen: { caches } }: Space): History {
  const history = createHistory()
  caches.sets.onChange(({ type, object }) => {
    if (type === 'deleted') history.setGone(object.metadata.name)
    else history.set(setFacts(object))
  })
  caches.pods.onChange(({ type, object }) => {
    history.pod(podFacts(object))
    if (type === 'deleted') history.podGone(object.metadata.uid)
  })
  caches.claims.onChange(({ type, object: { metadata } }) => {
    const { name, deletionTimestamp } = metadata
    if (type === 'deleted') history.claimGone(name)
    else history.claim({ name, deleting: deletionTimestamp !== undefined })
  })
  return history
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

const failures: ReadonlySet<string> = new Set(['ErrImagePull', 'ImagePullBackOff', 'CrashLoopBackOff'])
