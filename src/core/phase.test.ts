import { describe, expect, it } from 'vitest'
import type { Phase } from '../api/v1alpha1/types.ts'
import { factsOf } from './facts.ts'
import type { Observation } from './observation.ts'
import { phaseOf } from './phase.ts'
import {
  activeWorld,
  approvedWorld,
  armedWorld,
  displacedWorld,
  inertWorld,
  patchedWorld,
  returnedWorld,
  rollingBackWorld,
  startedWorld,
  touchedWorld,
  wantingWorld,
} from './testing/rollout-worlds.ts'
import {
  aJob,
  canaryPod,
  migrating,
  newWorld,
  now,
  second,
  stablePod,
  stableWorld,
  unready,
  withCanary,
  withJobs,
  withoutPods,
  withPods,
  withRecord,
  withResource,
  withSpec,
  withStable,
  world,
} from './testing/builders.ts'

describe('phase', () => {
  it.each<[title: string, given: Observation, phase: Phase]>([
    ['a new resource', newWorld(), 'Initializing'],
    [
      'a first revision that was never whole',
      world(stableWorld(), withRecord({ proven: false })),
      'Initializing',
    ],
    [
      'a further step that displaces more beside the canary that runs',
      world(
        startedWorld({ canaryReplicas: 2, steps: [{ canaryReplicas: 1 }, { canaryReplicas: 2 }] }),
        withCanary({ replicas: 1, ordinalsStart: 2 }),
        withPods(canaryPod(2)),
      ),
      'ScalingDownStable',
    ],
    ['every replica available', stableWorld(), 'Stable'],
    ['zero replicas', stableWorld({ replicas: 0 }), 'Stable'],
    [
      'zero replicas while the last pod ends',
      world(stableWorld({ replicas: 0 }), withPods(stablePod(0, { deleting: true }))),
      'Stable',
    ],
    ['a new revision that nothing was done about yet', wantingWorld(), 'Stable'],
    ['a rejected revision', world(wantingWorld(), withRecord({ rejected: 'new' })), 'Stable'],
    ['a missing replica', world(stableWorld(), withoutPods('redis-stable-0')), 'ReconcilingStable'],
    ['an unready replica', world(stableWorld(), withPods(unready(stablePod(0)))), 'ReconcilingStable'],
    ['replicas being scaled', world(stableWorld(), withSpec({ replicas: 5 })), 'ReconcilingStable'],
    [
      'a replica that was not Ready for minReadySeconds',
      world(stableWorld({ minReadySeconds: 5 }), withPods(stablePod(0, { readySince: now - second }))),
      'ReconcilingStable',
    ],
    ['a template that drifted', world(stableWorld(), withStable({ revision: '' })), 'ReconcilingStable'],
    ['a displaced pod that is still there', startedWorld(), 'ScalingDownStable'],
    ['the displaced pods gone', displacedWorld(), 'DeployingCanary'],
    ['an inert canary set', inertWorld(), 'DeployingCanary'],
    ['the touched ordinals recorded', touchedWorld(), 'DeployingCanary'],
    ['an armed canary', armedWorld(), 'DeployingCanary'],
    ['an unready canary', world(armedWorld(), withPods(unready(canaryPod(2)))), 'DeployingCanary'],
    [
      'a stray pod of stable beside an armed canary',
      world(armedWorld(), withPods(stablePod(2, { phase: 'Pending' }))),
      'DeployingCanary',
    ],
    ['every canary available', activeWorld(), 'CanaryActive'],
    [
      'one of two canaries available',
      world(activeWorld({ canaryReplicas: 2 }), withoutPods('redis-canary-1')),
      'DeployingCanary',
    ],
    ['promotion decided', approvedWorld(), 'Promoting'],
    ['a migration wanted', world(approvedWorld(), migrating(), withJobs(aJob())), 'AwaitingMigration'],
    [
      'a migration under way',
      world(approvedWorld(), migrating({ started: true }), withJobs(aJob())),
      'MigratingData',
    ],
    [
      'a migration that failed and is held',
      world(approvedWorld(), migrating({ started: true }), withJobs()),
      'MigrationFailed',
    ],
    [
      'a migration that is done',
      world(approvedWorld(), migrating({ started: true, done: true }), withJobs()),
      'Promoting',
    ],
    ['a migration that is wanted later', world(activeWorld(), migrating(), withJobs()), 'CanaryActive'],
    [
      'a migration before the first canary, while the displaced pods leave',
      world(startedWorld(), migrating({ timing: 'BeforeCanary' }), withJobs(aJob())),
      'ScalingDownStable',
    ],
    [
      'a migration before the first canary, when they are gone',
      world(displacedWorld(), migrating({ timing: 'BeforeCanary' }), withJobs(aJob())),
      'AwaitingMigration',
    ],
    [
      'a rollback of a migration that failed',
      world(rollingBackWorld(), migrating({ started: true, failed: true })),
      'MigrationFailed',
    ],
    ['after the one patch', patchedWorld(), 'Promoting'],
    ['roll back decided', rollingBackWorld(), 'RollingBack'],
    ['roll back done but not closed', returnedWorld(), 'RollingBack'],
    ['deleted at rest', world(stableWorld(), withResource({ deleting: true })), 'Terminating'],
    ['deleted in a rollout', world(activeWorld(), withResource({ deleting: true })), 'Terminating'],
    ['deleted before it began', world(newWorld(), withResource({ deleting: true })), 'Terminating'],
  ])('%s', (_, given, phase) => {
    expect(phaseOf(factsOf(given, now))).toBe(phase)
  })
})
