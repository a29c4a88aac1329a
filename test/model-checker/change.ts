/** Changes of the server's objects: each one outdates the copies in caches that stand still, and a write under way. */
import type { Action } from '../../src/core/action.ts'
import type { Pod, Resource, Role, SetObject, World } from './world.ts'

export function withSet(world: World, role: Role, set: SetObject | undefined): World {
  if (world[role] === set) return world
  const { frozen } = world
  const sets = frozen.sets && {
    ...frozen.sets,
    [role === 'stable' ? 'stableCurrent' : 'canaryCurrent']: false,
  }
  return outdateFlight(
    { ...world, [role]: set, frozen: sets === undefined ? frozen : { ...frozen, sets } },
    (action) => 'set' in action && action.set.uid === role,
  )
}

export function withResource(world: World, resource: Resource): World {
  const { frozen } = world
  const copy = frozen.resource && { ...frozen.resource, current: false }
  return outdateFlight(
    { ...world, resource, frozen: copy === undefined ? frozen : { ...frozen, resource: copy } },
    ({ kind }) => kind === 'addFinalizer' || kind === 'removeFinalizer' || kind === 'removeAnnotation',
  )
}

/** A change of spec is another generation: what was answered about the old one counts no more. */
export function withSpec(world: World, spec: Partial<Resource['spec']>): World {
  const { resource, memory } = world
  const changed = withResource(world, { ...resource, spec: { ...resource.spec, ...spec } })
  return { ...changed, memory: { ...memory, answers: {} } }
}

export function withPod(world: World, pod: Pod, changed: Pod | undefined): World {
  const pods = world.pods.flatMap((other) => (other === pod ? (changed ?? []) : other))
  if (changed !== undefined) return { ...world, pods }
  return outdateFlight(
    { ...world, pods },
    (action) => action.kind === 'deletePod' && action.pod.uid === `redis-${pod.role}-${pod.ordinal}`,
  )
}

/** One that was deleted and stored again is another object: a late deletion of the first does not mean it. */
export function withRevisions(world: World, revisions: readonly string[]): World {
  const isGone = (revision: string) => !revisions.includes(revision)
  return outdateFlight(
    { ...world, revisions },
    (action) => action.kind === 'deleteRevision' && isGone(action.stored.uid),
  )
}

function outdateFlight(world: World, aimsAtIt: (action: Action) => boolean): World {
  const { flight } = world
  if (flight === undefined || !flight.holds || !aimsAtIt(flight.action)) return world
  return { ...world, flight: { ...flight, holds: false } }
}
