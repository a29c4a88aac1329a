/**
 * The way out of each rest: what a person does, to which object, and where a fair run then ends. A class of rest that is
 * not in this list is a broken promise, and so is a rest from which its act does not lead on.
 */
import { deletePod, type Edit, image, pauseRollout, replicas, unannotate, withForce } from './people.ts'
import type { Rest } from './rest.ts'
import { Violation, type World } from './world.ts'

interface Exit {
  /** What a person does, and to what. */
  readonly act: string
  /** One after the other, each until all is at rest; an edit that would change nothing is left out. */
  readonly edits: (world: World) => readonly Edit[]
  readonly leadsTo: readonly string[]
}

const stays = (why: string): Exit => ({ act: why, edits: () => [], leadsTo: [] })

/** A version that always runs, and opens whatever it finds. */
const working = 'w'

const straightIn: readonly Edit[] = [image(working), withForce(working)]

export const exits: Readonly<Record<string, Exit>> = {
  Stable: stays('nothing is to be done'),
  gone: stays('nothing is left'),
  AwaitingApproval: {
    act: 'set spec.image of the resource back (or approve)',
    edits: (world) => [image(acceptedOf(world))],
    leadsTo: ['Stable', 'ReplicaBroken', 'RollbackBlocked', 'ClaimDeleting'],
  },
  RevisionRejected: {
    act: 'set spec.image of the resource back',
    edits: (world) => [image(acceptedOf(world))],
    leadsTo: ['Stable', 'ReplicaBroken', 'ClaimDeleting'],
  },
  CanaryFailing: {
    act: 'set spec.image of the resource back',
    edits: (world) => [image(acceptedOf(world))],
    leadsTo: ['Stable', 'ReplicaBroken', 'RollbackBlocked', 'ClaimDeleting'],
  },
  RolloutPaused: {
    act: 'set spec.paused of the resource to false',
    edits: () => [pauseRollout(false)],
    leadsTo: ['Stable', 'AwaitingApproval', 'RevisionRejected', 'ReplicasUnavailable'],
  },
  ScaledToZero: {
    act: 'set spec.replicas of the resource',
    edits: () => [replicas(2)],
    leadsTo: ['AwaitingApproval', 'Stable', 'RevisionRejected'],
  },
  Paused: {
    act: 'remove the annotation paused of the resource',
    edits: () => [unannotate('paused')],
    leadsTo: ['Stable', 'AwaitingApproval', 'RevisionRejected'],
  },
  ReplicaBroken: {
    act: 'set spec.image of the resource to a version that works, and annotate force',
    edits: () => straightIn,
    leadsTo: ['Stable'],
  },
  ReplicasUnavailable: {
    act: 'set spec.image of the resource to a version that works, and annotate force',
    edits: () => straightIn,
    leadsTo: ['Stable'],
  },
  RollbackBlocked: {
    act: 'set spec.image of the resource to a version that works, and annotate force',
    edits: () => straightIn,
    leadsTo: ['Stable'],
  },
  PromotionBlocked: {
    act: 'set spec.image of the resource to a version that works, and annotate force',
    edits: () => straightIn,
    leadsTo: ['Stable'],
  },
  FirstDeploy: {
    act: 'set spec.image of the resource to a version that works',
    edits: () => [image(working)],
    leadsTo: ['Stable'],
  },
  StableMissing: {
    act: 'annotate the resource with force',
    edits: (world) => [withForce(world.resource.spec.target)],
    leadsTo: ['Stable'],
  },
  ClaimDeleting: {
    act: 'delete the pods that keep the claim (its data goes with them), then scale or roll back as wished',
    edits: ({ pods }) => [
      ...pods.map(({ role, ordinal }) => deletePod(role, ordinal)),
      image(working),
      withForce(working),
    ],
    leadsTo: ['Stable'],
  },
  RevisionMissing: {
    act: 'set spec.image of the resource to a version that works, and annotate force',
    edits: () => straightIn,
    leadsTo: ['Stable'],
  },
  SetRefused: {
    act: 'set spec.image of the resource back',
    edits: (world) => [image(acceptedOf(world))],
    leadsTo: ['Stable'],
  },
  GuardMissing: {
    act: 'install the guard policy, or set spec.image of the resource back',
    edits: (world) => [image(acceptedOf(world))],
    leadsTo: ['Stable'],
  },
}

/** Throws where the act of its class does not lead out of this rest. What is done is added to the story. */
export function leave(rest: Rest, restFrom: (world: World) => Rest, story: string[]): void {
  const exit = exits[rest.as]
  if (exit === undefined) throw new Violation(`it rests as ${rest.as}, and no act leads out of that`)
  let end = rest
  for (const edit of exit.edits(rest.world)) {
    const edited = edit.make(end.world)
    if (edited === undefined) continue
    story.push(`(${rest.as}) ${edit.what}`)
    end = restFrom(edited)
  }
  if (exit.leadsTo.length > 0 && !exit.leadsTo.includes(end.as))
    throw new Violation(`it rests as ${rest.as}, and "${exit.act}" leads to ${end.as}`)
}

function acceptedOf({ stable, resource }: World): string {
  return stable?.record?.accepted ?? resource.spec.target
}
