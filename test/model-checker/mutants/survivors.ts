/** Mutants that no exploration catches, each with the reason why it breaks no promise of this model. */

export const survivors: readonly (readonly [titles: RegExp, reason: string])[] = [
  [
    /^record: rollout\.at\.decided is lost/,
    'only words: since when an ordinal has had no pod; the set controller of the model always makes one',
  ],
  [
    /^promote: the one patch leaves the replicas out/,
    'redundant: returnReplicas brings them back in a second patch, on the new version, since template and partition came first',
  ],
  [
    /^start: the rejection is forgotten nowhere/,
    'liveness: the version stays rejected after another one was promoted; a revert or retry leads out',
  ],
  [
    /^decide: the next step keeps the moment of the one before/,
    'the length of a bake: only of a second step of the same size, whose canaries are not new',
  ],
  [
    /^roll back: the partition stays where it was at the end/,
    'redundant: steady puts the partition back to 0',
  ],
  [
    /^force: the (?:partition|replicas) stay/,
    'redundant: bootstrap puts partition and replicas right in a second write; one patch spares the time between',
  ],
  [
    /^facts\.ts isAvailable: without pod\.readySince !== undefined/,
    'no change at all: nothing compared with undefined is true',
  ],
  [
    /^decide: from rollback back to promote|^rules\/decide\.ts isApproved: without !ack/,
    'redundant with the order of the rules: annotations removes an approval that was consumed, or that comes to a decided rollout, before decide sees it',
  ],
  [
    /^rules\/decide\.ts promotion: without replicasLacking/,
    'redundant: keepServing asks the same before the canary is taken away',
  ],
  [
    /^rules\/decide\.ts isApproved: without namesRollout/,
    'needs an approval with the value of another revision; promote is annotated with true only',
  ],
  [
    /^moves\/straight-in\.ts straightIn: without ask/,
    'liveness: the answer is a refusal that the API server gives again to the write itself',
  ],
  [
    /^preconditions\/protected-from-strangers\.ts protectedFromStrangers: without the guard canaries === 0/,
    'liveness: a rollout without a canary would need the policies, too',
  ],
  [
    /^preconditions\/revision-in-store\.ts revisionInStore: without the guard facts\.resource\.spec\.target === revision/,
    'liveness: a revision that the spec asks for is not stored again, but named as missing',
  ],
  [
    /^moves\/take-canary-away\.ts strayStable: without claimDeleting/,
    'takes only a stray replica away, that the scheduler guard keeps from running',
  ],
  [
    /^rules\/promote\.ts promote: without takeCanaryAway\(facts, doing\) \(2\)/,
    'redundant: steady takes away what a late write has left, before another rollout starts',
  ],
  [
    /^rules\/decide\.ts promotion: without claimDeleting/,
    'redundant: takeCanaryAway asks the same before the canary is emptied',
  ],
  [
    /before its controller has seen that it is empty|before the controller has seen the last change|strayStable: without stable\.observed/,
    'the set controller of the model does nothing for a set that it has not seen; the real one may act on an older copy',
  ],
  [
    /^a deletion: a set is deleted while pods of it are left/,
    'only the order of a deletion: pods of a deleted set are collected in any order',
  ],
]

export function reasonFor(title: string): string | undefined {
  return survivors.find(([titles]) => titles.test(title))?.[1]
}
