/**
 * What stories of kills are made of: where they begin, and the moves that they share. A story is played again and again
 * in one namespace, so each move starts from what is there, and each turn asks for a revision that was never there.
 */
import type { CanaryStatefulSetSpecInput } from '../../../src/api/v1alpha1/types.ts'
import { walkthrough } from '../manifest.ts'
import { type CanaryStatefulSet, canaryStatefulSets, conditionOf, imageOf } from '../objects.ts'
import { startOperator } from '../operator.ts'
import { runPrinted } from '../printed-command.ts'
import { atRestOn, canaryActive, expectAllData, fillAll, isAtRestOn, promote, stalled } from '../rollout.ts'
import { applyResource, type Space } from '../space.ts'
import { until } from '../wait.ts'

export interface Story {
  readonly title: string
  /** Brings a fresh namespace to where the story begins; leaves no operator behind. */
  readonly begin: (space: Space) => Promise<void>
  /** What people do, and what they wait for in between, until all is at rest. */
  readonly play: (space: Space, turn: Turn) => Promise<void>
  /** How many pods are ready at any moment, at least. */
  readonly available: number
  /** Writes that a turn makes or not, as far as the operator has come when people act. */
  readonly mayLack?: RegExp
  /** Claims of replicas are made again from their snapshots: others of the same names, with the same data. */
  readonly restores?: true
}

/** One of the times that a story is played in its namespace. */
export interface Turn {
  /** No other turn has the same: pods come and go in each. */
  readonly round: string
  /** What stable runs, and two other names of the same Redis. */
  readonly from: string
  readonly to: string
  readonly third: string
}

const names = ['redis:7.0', 'redis:7.0.5', 'docker.io/library/redis:7.0'] as const

/** Many short lives take their time; only a story that stands still is a failure. */
export const patience = { within: 600 } as const

export function turnOf({ seen }: Space): Turn {
  const from = imageOf(seen.set('redis-stable')?.spec.template.spec) ?? names[0]
  const [to = '', third = ''] = names.filter((name) => name !== from)
  return { round: String(seen.podHistory.length), from, to, third }
}

/** What a story has otherwise than the walk-through. */
export interface Changes extends Partial<Omit<CanaryStatefulSetSpecInput, 'template'>> {
  readonly podManagementPolicy?: 'Parallel' | 'OrderedReady'
  readonly command?: Command
  /** As of the walk-through's manifest. */
  readonly wal?: boolean
}

/** Instead of the image's own; it can tell versions apart by $ROUND. */
type Command = readonly string[]

/** Applies the walk-through with a readiness probe, as changed. */
export function applied(space: Space, changes: Changes = {}): Promise<void> {
  const { podManagementPolicy = 'Parallel', command, wal = false, ...others } = changes
  const usual = walkthrough({ namespace: space.namespace, image: names[0], probe: true, wal })
  const containers = inRound('0', containersOf(usual.spec), command)
  const { template: pod } = usual.spec.template
  const template = {
    ...usual.spec.template,
    podManagementPolicy,
    template: { ...pod, spec: { ...pod?.spec, containers } },
  }
  return applyResource(space, { ...usual, spec: { ...usual.spec, ...others, template } } as CanaryStatefulSet)
}

/** The beginning of most stories: at rest, and every replica has its data. */
export function deployed(changes: Changes = {}): (space: Space) => Promise<void> {
  return async (space) => {
    const operator = await startOperator(space)
    await applied(space, changes)
    await atRestOn(space, names[0], patience)
    await fillAll(space)
    await operator.stop()
  }
}

/** Asks for a revision that was never there. Resolves with what takes that back. */
export async function rollOut(
  space: Space,
  { to, round }: Turn,
  { image = to, command }: { readonly image?: string; readonly command?: Command } = {},
): Promise<() => Promise<void>> {
  const spec = specOf(space)
  const before = containersOf(spec)
  const ask = (wanted: string | undefined, containers: Containers) =>
    changeSpec(space, { image: wanted, template: { template: { spec: { containers } } } })
  await ask(image, inRound(round, before, command))
  return () => ask(spec.image, before)
}

/** The usual way from the image on. */
export async function approved(space: Space, image: string): Promise<void> {
  await canaryActive(space, image, patience)
  await promote(space)
  await atRestOn(space, image, patience)
}

/** Waits until the version was rejected and stable is whole as it was. */
export async function rejected(space: Space, { from }: Turn): Promise<void> {
  await until(
    space,
    'the version is rejected, and stable at rest',
    (seen) =>
      isAtRestOn(seen, from) && conditionOf(seen.resource(), 'Stalled')?.reason === 'RevisionRejected',
    patience,
  )
}

/** Changes the spec, and waits until that is seen: what is waited for next must not be what was there before. */
export async function changeSpec(space: Space, spec: object): Promise<void> {
  const { rest, namespace } = space
  const patch = { type: 'merge', body: { spec } } as const
  const { object } = await rest.patch(canaryStatefulSets, { namespace, name: 'redis' }, patch)
  const isSeen = (now = 0) => now >= object.metadata.generation
  await until(space, 'the change is seen', (seen) => isSeen(seen.resource()?.metadata.generation), patience)
}

/** Deletes the resource and waits until it is gone. */
export async function removed(space: Space): Promise<void> {
  await space.rest.delete(canaryStatefulSets, { namespace: space.namespace, name: 'redis' })
  await until(space, 'the resource is gone', (seen) => seen.resource() === undefined, patience)
}

/** Applies the resource over the claims that it left, and says what a person must say for it to start on them. */
export async function appliedAgain(space: Space, changes: Changes): Promise<void> {
  await applied(space, changes)
  await runPrinted(await stalled(space, 'StableMissing', patience))
  await atRestOn(space, names[0], patience)
  await expectAllData(space)
}

function specOf({ seen }: Space): CanaryStatefulSet['spec'] {
  const spec = seen.resource()?.spec
  if (spec === undefined) throw new Error('there is no CanaryStatefulSet redis')
  return spec
}

type Containers = readonly object[]

function containersOf({ template }: CanaryStatefulSet['spec']): Containers {
  return template.template?.spec?.containers ?? []
}

/** The round is in the environment, which makes a version of its own; without a command the image's own runs again. */
function inRound(round: string, containers: Containers, command: Command | undefined): Containers {
  return containers.map((container) => ({ ...container, env: [{ name: 'ROUND', value: round }], command }))
}
