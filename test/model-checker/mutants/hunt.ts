/**
 * Looks for a promise that mutants break: the operator as it is walks through every scenario, and each mutant is explored
 * from the worlds in which it decides otherwise. What nothing tells apart there breaks nothing there.
 */
import { type Broken, explore, safeStart } from '../explore.ts'
import { observationOf } from '../observe.ts'
import type { Planner } from '../operator.ts'
import type { Plan } from '../../../src/core/decision.ts'
import type { plan } from '../../../src/core/plan.ts'
import type { Scenario, Start } from '../scenario.ts'
import { scenarios } from '../scenarios.ts'
import { type Setting, Violation, type World } from '../world.ts'
import { type Comparison, createDecisions, outcomeOf } from './decisions.ts'
import { loadExplore, loadNoting, loadPlan } from './load.ts'
import type { Mutant } from './mutant.ts'
import { type Survey, surveyOf } from './survey.ts'

/** The first promise that was seen broken. */
export interface Catch {
  readonly scenario: string
  readonly promise: string
  /** A move a line. */
  readonly trace: readonly string[]
}

export interface Verdict {
  readonly mutant: Mutant
  readonly caught?: Catch
  /** Of all decisions that were looked through, how many the mutant makes otherwise. */
  readonly differs: number
}

/** How far one round goes. */
export interface Round {
  /** Worlds of each scenario in which the operator as it is is watched. */
  readonly surveyed: number
  /** Worlds that a mutant is explored in, for each scenario, and in all of them. */
  readonly beyond: number
  readonly atMost: number
  /** The same, where a mutant has to begin at the start of each scenario. */
  readonly fromStart: number
}

/** Those with one of these words in their titles; those that begin in the middle of a rollout find most, soonest. */
export function scenariosWith(words = ''): readonly Scenario[] {
  return scenarios
    .filter(({ title }) => words.split('|').some((word) => title.includes(word)))
    .toSorted((one, other) => Number(!one.before) - Number(!other.before))
}

export interface Hunt {
  of(mutant: Mutant): Promise<Verdict>
}

export async function createHunt(where: readonly Scenario[], round: Round): Promise<Hunt> {
  const decisions = createDecisions(await loadNoting())
  const surveys = new Map<Scenario, Survey>()
  // As they are wanted: most mutants are caught in the first ones.
  function* surveyed(): Generator<Survey> {
    for (const scenario of where) {
      const survey = surveys.get(scenario) ?? surveyOf(scenario, round.surveyed, decisions)
      surveys.set(scenario, survey)
      yield survey
    }
  }
  return {
    async of(mutant) {
      if (isAroundPlan(mutant)) return { mutant, differs: 0, ...(await fromStarts(mutant, where, round)) }
      const plan = await loadPlan(mutant)
      const compared = decisions.comparedWith(plan, mutant.within)
      const caught = fromDifferences(plan, surveyed(), compared, round)
      return { mutant, differs: compared.differences, ...(caught && { caught }) }
    },
  }
}

/** How the record is written, and what is listed live before an action, the model asks of the source itself. */
function isAroundPlan({ file }: Mutant): boolean {
  return file === 'record.ts' || file === 'action.ts'
}

async function fromStarts(
  mutant: Mutant,
  where: readonly Scenario[],
  { fromStart: states }: Round,
): Promise<{ caught?: Catch }> {
  const exploreIt = await loadExplore(mutant)
  for (const scenario of where) {
    const { broken } = exploreIt(scenario, { states })
    if (broken !== undefined) return { caught: catchOf(scenario, broken, []) }
  }
  return {}
}

function fromDifferences(
  mutant: typeof plan,
  surveys: Iterable<Survey>,
  compared: Comparison,
  { beyond, atMost }: Round,
): Catch | undefined {
  let states = 0
  for (const survey of surveys) {
    if (states > atMost) break
    const { scenario } = survey
    const planOf = (decided: Plan) => {
      const number = survey.numberOf(decided)
      return number === undefined ? undefined : compared.planOf(number)
    }
    const own = ownStart(mutant, survey, compared)
    if (own !== undefined) {
      const { broken } = explore(scenario, { states: beyond, start: own })
      if (broken !== undefined) return catchOf(scenario, broken, [])
      states += beyond
      continue
    }
    const { setting, planner } = survey.start
    const start = { ...survey.start, planner: instead(mutant, setting, planner, planOf) }
    for (const roots of [survey.worldsWith(compared.isOther), survey.restsWith(compared.isOther)]) {
      const from = spread(roots)
      if (from.length === 0) continue
      const found = explore(scenario, { states: from.length + beyond, from, start })
      states += found.states
      const way = found.broken && wayTo(survey, found.broken.from)
      if (found.broken !== undefined && way !== undefined) return catchOf(scenario, found.broken, way)
    }
  }
  return undefined
}

/** Where it is another world already when the first version is deployed. */
function ownStart(mutant: typeof plan, survey: Survey, { isOther }: Comparison): Start | Broken | undefined {
  const { scenario, isInStart, start } = survey
  if (!isInStart(isOther)) return undefined
  const own = safeStart(scenario, (planner) => instead(mutant, start.setting, planner))
  const isSame = 'world' in own && JSON.stringify(own.world) === JSON.stringify(start.world)
  return isSame ? undefined : own
}

/** What the mutant plans, asked only once for what the operator plans once; and not even then where that is known. */
function instead(
  mutant: typeof plan,
  setting: Setting,
  planner: Planner,
  known?: (decided: Plan) => Plan | undefined,
): Planner {
  const others = new Map<Plan, Plan | Violation>()
  return (seen) => {
    const decided = planner(seen)
    const other = known?.(decided) ?? others.get(decided) ?? outcomeOf(mutant, observationOf(seen, setting))
    others.set(decided, other)
    if (other instanceof Violation) throw other
    return other
  }
}

/** Undefined where the operator as it is breaks a promise from there: the mutant shows nothing, and the operator has a bug. */
function wayTo(
  { scenario, start, wayTo: wayOf }: Survey,
  from: World | undefined,
): readonly string[] | undefined {
  if (from === undefined) return []
  const way = wayOf(from)
  const { broken } = explore(scenario, { states: 1000, from: [from], start })
  if (broken === undefined) return way
  const story = [...way, ...broken.trace].map((move) => `    ${move}\n`).join('')
  process.stderr.write(`No mutant is needed! ${scenario.title}:\n${story}`)
  return undefined
}

/** As many as this are enough: what they lead to is much the same. */
const mostRoots = 40

function spread(roots: readonly World[]): readonly World[] {
  const every = Math.ceil(roots.length / mostRoots)
  return roots.filter((_, index) => index % every === 0)
}

function catchOf({ title }: Scenario, { promise, trace }: Broken, way: readonly string[]): Catch {
  return { scenario: title, promise, trace: [...way, ...trace] }
}
