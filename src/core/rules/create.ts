/**
 * There is no stable set. On a new resource it is created; where claims or pods of it are still there, or volumes that were kept of
 * claims that are not, it is not, for that would be a guess about data: a set deleted by hand, or a resource applied again over kept
 * claims, is a human's decision, and the `force` annotation with the revision in spec is how it is said.
 */
import type { Decision } from '../decision.ts'
import { highestNumber } from '../attempts.ts'
import { act, ask, wait } from '../decision.ts'
import { claimNames, foreignWriter, type Facts, versionOf } from '../facts.ts'
import type { KeptVolumeView } from '../observation.ts'
import { headlessService } from '../preconditions/headless-service.ts'
import { takeCanaryAway } from '../moves/take-canary-away.ts'
import { storeRevision } from '../moves/store-revision.ts'
import type { Stalled } from '../reason.ts'

type StableMissing = Extract<Stalled, { readonly code: 'StableMissing' }>

export function create(facts: Facts): Decision | undefined {
  const { resource, stable } = facts
  const set = `${resource.name}-stable`
  if (!resource.finalizer)
    return act({ kind: 'addFinalizer' }, { code: 'Creating', what: `StatefulSet ${set}` })
  if (stable?.deleting === true)
    return wait({ code: 'Creating', what: `StatefulSet ${set}, once the deleted one is gone` })
  if (stable !== undefined) return undefined
  if (facts.rival !== undefined) return wait({ code: 'ClaimsShared', set, rival: facts.rival })
  return inertCanary(facts) ?? missing(facts, set) ?? createAnew(facts, set)
}

/** A set that never had pods says nothing about data; one that a dead leader created late would hold up a new beginning. */
function inertCanary(facts: Facts): Decision | undefined {
  const { canary, canaryPods } = facts
  if (canary === undefined || canary.replicas > 0 || canaryPods.length > 0) return undefined
  return takeCanaryAway(facts, () => ({ code: 'CanaryLeft', set: canary.name }))
}

function missing(facts: Facts, set: string): Decision | undefined {
  const { resource, claims, canary, stablePods, canaryPods } = facts
  const away = awayClaim(facts)
  const kept = claims[0] ?? canary ?? stablePods[0] ?? canaryPods[0] ?? (away && { name: away.volume })
  const { target } = resource.spec
  if (kept === undefined) return undefined
  // Forced or not: the set would make the claim that is away, empty.
  if (resource.force !== target || away !== undefined)
    return wait({
      code: 'StableMissing',
      target: resource,
      set,
      kept: kept.name,
      image: resource.spec.targetImage,
      force: target,
      ...newest(facts),
      ...(away !== undefined && { away }),
    })
  const foreign = foreignWriter(facts, facts.first)
  if (foreign !== undefined)
    return wait({ code: 'ForeignPod', pod: foreign.pod.name, claim: foreign.claim.name })
  return takeCanaryAway(facts, () => ({ code: 'Creating', what: `StatefulSet ${set}` }))
}

/**
 * A restore had taken it out of use when its set was deleted, and with that the record of the restore: all that is left is the volume that was
 * kept. Of several the newest; what a restore made and gave up comes last.
 */
function awayClaim(facts: Facts): StableMissing['away'] {
  const names = Array.from({ length: facts.end - facts.first }, (_, index) =>
    claimNames(facts, facts.first + index),
  ).flat()
  const [kept] = facts.keptVolumes
    .filter(({ claim, claimUid }) => names.includes(claim) && !isThere(facts, { claim, claimUid }))
    .toSorted(
      (one, other) =>
        Number(one.restored ?? false) - Number(other.restored ?? false) || other.attempt - one.attempt,
    )
  return kept && { claim: kept.claim, volume: kept.name, isInUse: !kept.free && !kept.released }
}

/** One that is being deleted, and whose volume is kept, is as good as gone. */
function isThere({ claims }: Facts, kept: Pick<KeptVolumeView, 'claim' | 'claimUid'>): boolean {
  return claims.some(({ name, uid, deleting }) => name === kept.claim && !(deleting && uid === kept.claimUid))
}

/** The newest of the stored revisions is the one that was started last. */
function newest(facts: Facts): Pick<StableMissing, 'last'> {
  const { revisions, resource } = facts
  const [last] = revisions.toSorted((one, other) => other.number - one.number)
  if (last === undefined) return {}
  const isAskedFor = last.revision === resource.spec.target
  return { last: { image: versionOf(facts, last.revision), isAskedFor } }
}

function createAnew(facts: Facts, set: string): Decision {
  const { spec } = facts.resource
  const reason = { code: 'Creating', what: `StatefulSet ${set}` } as const
  return (
    headlessService(facts) ??
    storeRevision(facts, spec.target) ??
    ask(facts, { kind: 'stableSet', revision: spec.target }, (message) => ({
      code: 'SetRefused',
      what: `StatefulSet ${set}`,
      message,
    })) ??
    act(
      {
        kind: 'createStable',
        revision: spec.target,
        replicas: spec.replicas,
        record: { accepted: spec.target, proven: false, id: highestNumber(facts) },
      },
      reason,
    )
  )
}
