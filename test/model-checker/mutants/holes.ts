/**
 * The holes that the first design had, by the numbers under which they were found; each opened again by the mutant that
 * takes away what closes it. `node holes.ts` tells the shortest story of each, for docs/explain/holes.md.
 */

export interface Hole {
  readonly title: string
  /** Of the mutant that opens it; or why nothing here can. */
  readonly mutant?: string
  readonly notHere?: string
  /** Words of the title of the scenario in which it shows. */
  readonly scenario?: string
}

export const holes: readonly Hole[] = [
  {
    title: 'Pods are taken from a cache that stands still',
    mutant: 'every write is taken for one that needs no live LIST',
    scenario: 'caches that stand still on the way',
  },
  {
    title: 'A dead leader arms the canary late: its set outlives its rollout',
    mutant: 'the canary set is not deleted before stable gets its replicas back',
    scenario: 'caches that stand still on the way',
  },
  {
    title: 'currentRevision lags behind, and the next rollout starts',
    mutant: 'facts: currentRevision is not looked at',
    scenario: 'a single replica',
  },
  {
    title: 'canaryReplicas or steps are edited in the middle',
    mutant: 'facts: steps follow the spec in a rollout',
    scenario: 'another number of canaries',
  },
  {
    title: 'Fewer replicas than canaries',
    mutant: 'steps: canaries are not clamped to the replicas',
    scenario: 'more canaries than replicas',
  },
  {
    title: 'replicas is edited in the middle',
    mutant: 'facts: N follows the spec in a rollout',
    scenario: 'scaled down in the middle',
  },
  {
    title: 'Only what is whole may be rolled out, and what is broken never is',
    mutant: 'start: the replicas that are to be displaced must be available, too',
    scenario: 'pods that fail on the way',
  },
  {
    title: 'A replica below is broken, and everything waits for it',
    mutant: 'there is no force',
    scenario: 'pods that fail on the way',
  },
  {
    title: 'No way back past N-k',
    notHere:
      'it was found where nothing was snapshotted. Now each replica is snapshotted before the new version gets its claim, and restored when the promotion is taken back; without snapshots, old code opens what new code wrote only after a rollback was decided.',
  },
  {
    title: 'What an earlier attempt left behind is taken for one of this attempt',
    mutant: 'start: an attempt takes the number of the one before',
    scenario: 'an earlier attempt, with fewer replicas',
  },
  {
    title: 'Nobody knows what new code has touched',
    mutant: 'promote: what new code may touch is not recorded before the partition falls',
    scenario: 'evictions on the way',
  },
  {
    title: 'One approval counts for two steps',
    mutant: 'decide: an approval is not marked as consumed',
    scenario: 'two steps of one size',
  },
  {
    title: 'A deletion that leaves the replicas waits for one that never comes',
    mutant: 'a deletion that leaves the replicas waits until they are available',
    scenario: 'the replicas stay, OrderedReady',
  },
  {
    title: 'A deletion in a promotion raises the partition',
    mutant: 'a deletion that leaves the replicas raises the partition of a promotion under way',
    scenario: 'deleted while it is promoted',
  },
  {
    title: 'Two failing pods stall a scale-down',
    mutant: 'rules/forward.ts displace: without the guard stuck !== undefined',
    scenario: 'two canaries of three, OrderedReady',
  },
  {
    title: 'A stranger scales the stable set, and no policy keeps him away',
    mutant: 'rules/start.ts start: without protectedFromStrangers(facts)',
    scenario: 'no guard policy, and a stranger',
  },
  {
    title: 'The stable set is deleted by hand, and made anew over its claims',
    mutant: 'rules/create.ts create: without missing(facts, set)',
    scenario: 'the stable set is deleted by hand',
  },
]
