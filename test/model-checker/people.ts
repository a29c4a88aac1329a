/** What people do, each an edit that a scenario may allow once or more. */
import { withPod, withResource, withSet, withSpec } from './change.ts'
import { withoutRefusal } from './ledger.ts'
import type { Move, World } from './world.ts'

export interface Edit {
  readonly what: string
  /** Undefined where it would change nothing, or is refused. */
  readonly make: (world: World) => World | undefined
}

export function editMoves(world: World, edits: readonly Edit[]): Move[] {
  if (world.resource.gone) return []
  return edits.flatMap(({ what, make }, index) => {
    const left = world.budget.edits[index] ?? 0
    const after = left > 0 ? make(world) : undefined
    if (after === undefined) return []
    const spent = world.budget.edits.map((count, position) => (position === index ? count - 1 : count))
    return [{ what, world: { ...after, budget: { ...after.budget, edits: spent } } }]
  })
}

/** What scenarios begin from is brought about without spending anything. */
export function after(world: World, { make, what }: Edit): World {
  const edited = make(world)
  if (edited === undefined) throw new Error(`cannot begin with "${what}"`)
  return edited
}

export function image(target: string): Edit {
  return {
    what: `the image is set to ${target}`,
    make: (world) =>
      world.resource.spec.target === target ? undefined : withoutRefusal(withSpec(world, { target })),
  }
}

export function replicas(count: number): Edit {
  return {
    what: `spec.replicas is set to ${count}`,
    make: (world) =>
      world.resource.spec.replicas === count ? undefined : withSpec(world, { replicas: count }),
  }
}

export function canaryReplicas(count: number): Edit {
  return {
    what: `spec.canaryReplicas is set to ${count}`,
    make: (world) =>
      world.resource.spec.canaryReplicas === count ? undefined : withSpec(world, { canaryReplicas: count }),
  }
}

export function pauseRollout(paused: boolean): Edit {
  return {
    what: `spec.paused is set to ${paused}`,
    make: (world) =>
      (world.resource.spec.paused ?? false) === paused ? undefined : withSpec(world, { paused }),
  }
}

export const promote: Edit = {
  what: 'a person approves',
  make: (world) => {
    const { resource, ledger } = world
    if (resource.annotations['promote'] !== undefined) return undefined
    const approved = world.stable?.record?.rollout?.to ?? resource.spec.target
    return {
      ...withAnnotation(world, 'promote', 'true'),
      ledger: { ...ledger, approved },
    }
  },
}

export function annotate(name: string, value: string): Edit {
  return {
    what: `${name}=${value} is annotated`,
    make: (world) =>
      world.resource.annotations[name] === undefined ? withAnnotation(world, name, value) : undefined,
  }
}

/** As a person does who was told to: whatever value is there is overwritten. */
export function withForce(value: string): Edit {
  return { what: `force=${value} is annotated`, make: (world) => withAnnotation(world, 'force', value) }
}

export function unannotate(name: string): Edit {
  return {
    what: `annotation ${name} is removed`,
    make: (world) => {
      const { [name]: value, ...annotations } = world.resource.annotations
      return value === undefined ? undefined : withResource(world, { ...world.resource, annotations })
    },
  }
}

function withAnnotation(from: World, name: string, value: string): World {
  const world = name === 'retry' ? withoutRefusal(from) : from
  const { resource } = world
  return withResource(world, { ...resource, annotations: { ...resource.annotations, [name]: value } })
}

export const remove: Edit = {
  what: 'the resource is deleted',
  make: (world) => {
    const { resource } = world
    if (resource.deleting || resource.gone) return undefined
    return withResource(world, { ...resource, deleting: true, gone: !resource.finalizer })
  },
}

export function deletionPolicy(policy: 'Delete' | 'Orphan'): Edit {
  return {
    what: `spec.deletionPolicy is set to ${policy}`,
    make: (world) =>
      (world.resource.spec.deletionPolicy ?? 'Delete') === policy
        ? undefined
        : withSpec(world, { deletionPolicy: policy }),
  }
}

/** By a stranger whom no policy keeps away. */
export function scaleStable(count: number): Edit {
  return {
    what: `a stranger scales the stable set to ${count}`,
    make: (world) =>
      world.stable === undefined || world.stable.replicas === count
        ? undefined
        : withSet({ ...world, ledger: { ...world.ledger, strangers: true } }, 'stable', {
            ...world.stable,
            replicas: count,
            observed: false,
          }),
  }
}

export const deleteStable: Edit = {
  what: 'a stranger deletes the stable set',
  make: (world) => (world.stable === undefined ? undefined : withSet(world, 'stable', undefined)),
}

/** The ControllerRevision that keeps its template. */
export function deleteRevision(revision: string): Edit {
  return {
    what: `a person deletes the stored revision ${revision}`,
    make: (world) =>
      world.revisions.includes(revision)
        ? { ...world, revisions: world.revisions.filter((stored) => stored !== revision) }
        : undefined,
  }
}

export function deleteClaim(ordinal: number): Edit {
  return {
    what: `a person deletes claim ${ordinal}`,
    make: (world) => {
      const claim = world.claims.find((candidate) => candidate.ordinal === ordinal)
      if (claim === undefined || claim.deleting) return undefined
      return {
        ...world,
        claims: world.claims.map((other) => (other === claim ? { ...claim, deleting: true } : other)),
      }
    },
  }
}

export function deletePod(role: 'stable' | 'canary', ordinal: number): Edit {
  return {
    what: `a person deletes redis-${role}-${ordinal}`,
    make: (world) => {
      const pod = world.pods.find((candidate) => candidate.role === role && candidate.ordinal === ordinal)
      return pod === undefined || pod.deleting
        ? undefined
        : withPod(world, pod, { ...pod, deleting: true, age: 0 })
    },
  }
}
