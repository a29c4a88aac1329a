/**
 * A resource in each phase, held there by the world: by a pod that does not end (a finalizer of ours keeps it), an image
 * that cannot be pulled, a pause. For tests of what may come in any phase.
 */
import { onTestFinished } from 'vitest'
import type { Phase } from '../../src/api/v1alpha1/types.ts'
import { isNotFound } from '../../src/kube/client/api-error.ts'
import type { Manifest } from '../../src/kube/object.ts'
import { walkthrough } from '../harness/manifest.ts'
import { type CanaryStatefulSet, claims, imageOf, pods } from '../harness/objects.ts'
import {
  annotate,
  atRestOn,
  boundClaims,
  canaryActive,
  fillAll,
  promote,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { applyResource, changeResource, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'
import type { Watched } from '../harness/watched.ts'

/** The ways in which people delete: `kubectl delete --cascade`. */
export const cascades = ['Background', 'Foreground', 'Orphan'] as const
export type Cascade = (typeof cascades)[number]

export const old = 'redis:7.0'
export const next = 'redis:7.0.5'
const absent = 'redis:0.0.0-not-there'

/** Many rollouts run beside each other here, and their pods wait for each other. */
const patience = { within: 120 } as const

/** Only a hang is a failure; how fast a machine is, is no test's business. */
export const timeoutMs = 900_000

export function patiently<T>(
  space: Space,
  what: string,
  find: (seen: Watched) => T | undefined | false,
): Promise<T> {
  return until(space, what, find, patience)
}

export interface HeldPhase {
  readonly title: string
  readonly phase: Phase
  /** Brings the resource there, from nothing. An operator must be at work. */
  readonly reach: (held: Held) => Promise<unknown>
  /** Image of each replica that a deletion leaves, where the replicas are to stay. */
  readonly stays: readonly string[]
  /** They are no more available than before. */
  readonly broken?: true
}

/** A resource on its way to a phase. */
export interface Held {
  readonly space: Space
  readonly name: string
  readonly deletionPolicy: 'Delete' | 'Orphan'
}

export const heldPhases: readonly HeldPhase[] = [
  {
    title: 'Initializing, with an image that cannot be pulled',
    phase: 'Initializing',
    stays: [absent, absent],
    broken: true,
    reach: async (held) => {
      const { space, name } = held
      await apply(held, absent)
      // Volumes come late, and would change the claims' words after the deletion.
      await patiently(space, `the claims of ${name} are bound`, ({ claim }) =>
        [0, 1].every((ordinal) => claim(`data-${name}-stable-${ordinal}`)?.status?.phase === 'Bound'),
      )
    },
  },
  {
    title: 'StableMissing, over a claim that was kept',
    phase: 'Initializing',
    stays: [],
    reach: async (held) => {
      await keepClaim(held)
      await apply(held, old)
      await isStalled(held, 'StableMissing')
    },
  },
  { title: 'Stable', phase: 'Stable', stays: [old, old], reach: deploy },
  {
    title: 'Stable, refused by the API server',
    phase: 'Stable',
    stays: [old, old],
    reach: async (held) => {
      await deploy(held)
      await mountNothing(held)
      await isStalled(held, 'SetRefused')
    },
  },
  {
    title: 'Stable, with a rejected version',
    phase: 'Stable',
    stays: [old, old],
    reach: async (held) => {
      await deploy(held)
      await setImage(held.space, absent, held.name)
      await isStalled(held, 'RevisionRejected')
    },
  },
  {
    title: 'ReconcilingStable, while an evicted replica ends',
    phase: 'ReconcilingStable',
    stays: [old, old],
    reach: async (held) => {
      const { space, name } = held
      await deploy(held)
      await hold(held, 'stable')
      await space.rest.delete(pods, { namespace: space.namespace, name: `${name}-stable-1` })
      await isEnding(held, 'stable')
    },
  },
  {
    title: 'ReconcilingStable, while a replica is scaled away',
    phase: 'ReconcilingStable',
    stays: [old],
    reach: async (held) => {
      await deploy(held)
      await hold(held, 'stable')
      await changeResource(held.space, { spec: { replicas: 1 } }, held.name)
      await isEnding(held, 'stable')
    },
  },
  {
    title: 'ScalingDownStable, while the displaced replica ends',
    phase: 'ScalingDownStable',
    stays: [old, old],
    reach: async (held) => {
      await deploy(held)
      await hold(held, 'stable')
      await setImage(held.space, next, held.name)
      await isEnding(held, 'stable')
    },
  },
  {
    title: 'DeployingCanary, with an image that cannot be pulled',
    phase: 'DeployingCanary',
    stays: [old, old],
    reach: async (held) => {
      await deploy(held)
      await changeResource(held.space, { spec: { image: absent, rollback: { automatic: false } } }, held.name)
      await isStalled(held, 'CanaryFailing')
    },
  },
  { title: 'CanaryActive', phase: 'CanaryActive', stays: [old, old], reach: activate },
  {
    title: 'CanaryActive, paused by annotation',
    phase: 'CanaryActive',
    stays: [old, old],
    reach: async (held) => {
      await activate(held)
      await annotate(held.space, 'canary.example.com/pause-reconciliation', 'true', held.name)
    },
  },
  {
    title: 'Promoting, before the one patch, while the canary ends',
    phase: 'Promoting',
    stays: [old, old],
    reach: async (held) => {
      await activate(held)
      await hold(held, 'canary')
      await promote(held.space, held.name)
      await isEnding(held, 'canary')
    },
  },
  {
    title: 'Promoting, after the one patch, half-way and paused',
    phase: 'Promoting',
    stays: [old, next],
    reach: promoteHalfWay,
  },
  {
    title: 'RollingBack, while the canary ends',
    phase: 'RollingBack',
    stays: [old, old],
    reach: async (held) => {
      await activate(held)
      await hold(held, 'canary')
      await setImage(held.space, old, held.name)
      await isEnding(held, 'canary')
    },
  },
  {
    title: 'RollingBack, after the one patch, while the promoted replica ends',
    phase: 'RollingBack',
    stays: [old, old],
    reach: async (held) => {
      await promoteHalfWay(held)
      await hold(held, 'stable')
      await annotate(held.space, 'canary.example.com/abort', 'true', held.name)
      await isEnding(held, 'stable')
    },
  },
]

/** Reaches the phase and waits until the status says so. */
export async function reachPhase({ reach, phase }: HeldPhase, held: Held): Promise<void> {
  await reach(held)
  await patiently(held.space, `the phase of ${held.name} is ${phase}`, ({ resource }) => {
    return resource(held.name)?.status?.phase === phase
  })
}

/** The claims of the resource as they were bound. */
export function claimsOf({ space, name }: Held): readonly string[] {
  return boundClaims(space.seen).filter((claim) => claim.startsWith(`data-${name}-stable-`))
}

/** The pods of the resource may end. */
export async function letGo({ space, name }: Pick<Held, 'space' | 'name'>): Promise<void> {
  const { items } = await space.rest.list(pods, { namespace: space.namespace })
  const held = items.filter(
    ({ metadata }) => metadata.finalizers !== undefined && metadata.name.startsWith(`${name}-`),
  )
  for (const { metadata } of held) await setFinalizers(space, metadata.name, [])
}

/** Plays every phase, `lanes` of them at a time. What fails is told with the phase's title. */
export async function inEachPhase(lanes: number, play: (phase: HeldPhase) => Promise<void>): Promise<void> {
  const left = [...heldPhases]

  async function playLane(): Promise<void> {
    for (let phase = left.shift(); phase !== undefined; phase = left.shift()) {
      try {
        await play(phase)
      } catch (error) {
        if (error instanceof Error) error.message = `${phase.title}: ${error.message}`
        throw error
      }
    }
  }

  await Promise.all(Array.from({ length: lanes }, playLane))
}

/** Two replicas, with a Service of its own: resources of one namespace do not share it. */
async function apply({ space, name, deletionPolicy }: Held, image: string): Promise<void> {
  const { namespace } = space
  const { spec, ...manifest } = walkthrough({ namespace, name, image, replicas: 2, probe: true })
  const template: CanaryStatefulSet['spec']['template'] = { ...spec.template, serviceName: serviceOf(name) }
  await applyResource(space, { ...manifest, spec: { ...spec, template, deletionPolicy } })
}

export function serviceOf(name: string): string {
  return `${name}-headless`
}

async function deploy(held: Held): Promise<void> {
  await apply(held, old)
  await atRestOn(held.space, old, { ...patience, name: held.name })
  await fillAll(held.space, held.name)
}

function isStalled({ space, name }: Held, reason: string): Promise<string> {
  return stalled(space, reason, { ...patience, name })
}

async function activate(held: Held): Promise<void> {
  await deploy(held)
  await setImage(held.space, next, held.name)
  await canaryActive(held.space, next, { ...patience, name: held.name })
}

async function promoteHalfWay(held: Held): Promise<void> {
  const { space, name } = held
  await activate(held)
  await promote(space, name)
  const status = () => space.seen.resource(name)?.status
  // A pause that comes before the decision would hold that.
  await patiently(space, `the promotion of ${name} is decided`, () => status()?.phase === 'Promoting')
  await changeResource(space, { spec: { paused: true } }, name)
  await patiently(space, `the promotion of ${name} holds before the second replica`, () => {
    return (
      status()?.waiting?.for === 'RolloutPaused' && imageOf(space.seen.pod(`${name}-stable-1`)?.spec) === next
    )
  })
}

/** The API server takes it for a resource, and would not take its set. */
async function mountNothing({ space, name }: Held): Promise<void> {
  const { template } = space.seen.resource(name)?.spec ?? {}
  const containers = (template?.template.spec.containers ?? []).map((container) => ({
    ...container,
    volumeMounts: [{ name: 'nowhere', mountPath: '/data' }],
  }))
  await changeResource(space, { spec: { template: { template: { spec: { containers } } } } }, name)
}

/** A claim as an earlier resource of that name would have left it. */
async function keepClaim({ space, name }: Held): Promise<void> {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  const metadata = { namespace: space.namespace, name: `data-${name}-stable-0` }
  await space.rest.create(claims, { metadata, spec } as Manifest)
}

const holdFinalizer = 'test.canary.example.com/hold'

/** The second replica, or the canary that stands in for it, will not be gone before it is let go. */
async function hold(held: Held, role: 'stable' | 'canary'): Promise<void> {
  onTestFinished(() => letGo(held))
  await setFinalizers(held.space, `${held.name}-${role}-1`, [holdFinalizer])
}

async function setFinalizers(
  { rest, namespace }: Space,
  name: string,
  finalizers: readonly string[],
): Promise<void> {
  try {
    await rest.patch(pods, { namespace, name }, { type: 'merge', body: { metadata: { finalizers } } })
  } catch (error) {
    if (!isNotFound(error) || finalizers.length > 0) throw error
  }
}

async function isEnding({ space, name }: Held, role: 'stable' | 'canary'): Promise<void> {
  const pod = `${name}-${role}-1`
  await patiently(space, `${pod} is being deleted`, (seen) => {
    return seen.pod(pod)?.metadata.deletionTimestamp !== undefined
  })
}
