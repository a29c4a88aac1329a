/** A scenario: where the exploration begins, what people may do, and how much may go wrong. */
import type { SpecView } from '../../src/core/observation.ts'
import { createPlanner, type Planner } from './operator.ts'
import { type Edit, after } from './people.ts'
import { createParts, type Parts } from './parts.ts'
import { comeToRest, fairMove } from './rest.ts'
import { type Budget, type Code, type Move, type Setting, Violation, type World } from './world.ts'

export interface Scenario {
  readonly title: string
  readonly replicas: number
  readonly canaryReplicas: number
  /** What else the spec says. */
  readonly spec?: Partial<SpecView>
  readonly setting?: Partial<Omit<Setting, 'code'>>
  /** Policies that are not in force at the beginning. */
  readonly without?: readonly ('guard' | 'handover')[]
  /** How revisions behave that do not simply run. */
  readonly code?: Readonly<Record<string, Code>>
  /** Done, one after the other and each until all is at rest, before anything may go wrong. */
  readonly before?: readonly Edit[]
  /** Done after that, and only so far. */
  readonly begun?: Begun
  /** Each may happen once, at any moment; list it twice for twice. */
  readonly edits: readonly Edit[]
  readonly faults?: Partial<Omit<Budget, 'edits'>>
}

export interface Begun {
  readonly edit: Edit
  readonly until: string
  readonly isSo: (world: World) => boolean
}

export interface Start {
  readonly parts: Parts
  readonly world: World
  readonly setting: Setting
  readonly planner: Planner
}

export const noFaults = { evictions: 0, failures: 0, freezes: 0, takeovers: 0, refusals: 0, lags: 0 }

/** The cluster with revision `a` deployed and everything at rest, then `before`, then the budgets. */
export function startOf(scenario: Scenario, watch = (planner: Planner): Planner => planner): Start {
  const setting: Setting = {
    ordered: false,
    schedulerGuard: false,
    ...scenario.setting,
    code: scenario.code ?? {},
  }
  const parts = createParts()
  const planner = watch(createPlanner(setting, parts))
  const rest = (world: World) => comeToRest(world, setting, planner).world
  let world = rest(emptyWorld(scenario))
  for (const edit of scenario.before ?? []) world = rest(after(world, edit))
  if (scenario.begun !== undefined)
    world = begin(world, scenario.begun, (at) => fairMove(at, setting, planner))
  const budget: Budget = { ...noFaults, ...scenario.faults, edits: scenario.edits.map(() => 1) }
  return { world: { ...world, budget }, setting, parts, planner }
}

function begin(before: World, { edit, isSo }: Begun, next: (world: World) => Move | undefined): World {
  let world = after(before, edit)
  while (!isSo(world)) {
    const move = next(world)
    if (move === undefined) throw new Violation('it comes to rest before it is where the scenario begins')
    world = move.world
  }
  return world
}

function emptyWorld({ replicas, canaryReplicas, spec, setting, without = [] }: Scenario): World {
  return {
    resource: {
      spec: { replicas, canaryReplicas, target: 'a', ...(setting?.ordered && { ordered: true }), ...spec },
      annotations: {},
      finalizer: false,
      deleting: false,
      gone: false,
    },
    stable: undefined,
    canary: undefined,
    pods: [],
    claims: [],
    storage: hasStorage(spec) ? { volumes: [], snapshots: [], made: {} } : undefined,
    jobs: [],
    revisions: [],
    around: { service: false, guard: !without.includes('guard'), handover: !without.includes('handover') },
    memory: { answers: {} },
    frozen: { standby: false },
    flights: [],
    ledger: { writers: [], order: [] },
    budget: { ...noFaults, edits: [] },
  }
}

function hasStorage({ snapshots, backups }: Partial<SpecView> = {}): boolean {
  return backups !== undefined || (snapshots?.policy ?? 'None') !== 'None'
}
