/**
 * A story with the operator killed by SIGKILL after every write that it makes, and started again: it must end as it
 * does without a kill. In one of two ways:
 *
 * - Each write alone: the story is played again and again, the n-th time with one kill, after the operator's n-th write,
 *   until it ends before that.
 * - All in one: every life of the operator makes one write and is killed by it, until the story ends. What is left on
 *   the API server is all that an operator knows, so each of its restarts meets the same as one of those above; it costs
 *   a start a write, instead of a rollout a write.
 *
 * CRASH_EACH_ALONE=1 plays all stories in the first way.
 */
import { expect, test } from 'vitest'
import { fewestReady, sharedClaims } from '../pod-history.ts'
import { boundClaims, expectAllData } from '../rollout.ts'
import { openSpace, type Space } from '../space.ts'
import { type Lives, startLives } from './lives.ts'
import { type Story, turnOf } from './story.ts'

const lanes = 3
const timeout = 1_800_000

/** Declares the test of a story. */
export function killedAfterEveryWrite(story: Story): void {
  const isAlone = process.env['CRASH_EACH_ALONE'] !== undefined
  if (isAlone) killedAfterEachWriteAlone(story)
  else test(`${story.title}, with a kill after every write`, () => playWithShortLives(story), timeout)
}

/** Declares the test of a story that is always played with one kill at a time. */
export function killedAfterEachWriteAlone(story: Story): void {
  test(`${story.title}, with one kill, after each write in turn`, () => playWithOneKillEach(story), timeout)
}

/** A round may have a status less than another, and end before its kill: then that number is tried again. */
async function playWithOneKillEach(story: Story): Promise<void> {
  let next = 1
  const killed = new Set<number>()
  const unkilled: (readonly string[])[] = []
  const reached = () => firstMissing(killed) - 1
  const isDone = () => unkilled.length >= lanes && reached() >= medianLength(unkilled)

  async function playLane(): Promise<void> {
    const space = await openSpace('crash')
    await story.begin(space)
    while (!isDone()) {
      const n = unkilled.length === 0 ? next++ : reached() + 1
      const [first = []] = await playTurn(story, space, (life) => (life === 0 ? n : Infinity))
      expect(first.length, `writes of an operator that was killed by write ${n}`).toBeLessThanOrEqual(n)
      if (first.length < n) unkilled.push(first)
      else killed.add(n)
    }
  }

  await Promise.all(Array.from({ length: lanes }, playLane))
  const lengths = unkilled.map((writes) => writes.length).join(', ')
  console.log(
    `${story.title}: killed after write 1 to ${reached()}, one at a time; ${lengths} where nobody was\n${listOf(unkilled[0] ?? [])}`,
  )
  expect(reached()).toBeGreaterThanOrEqual(medianLength(unkilled))
}

function firstMissing(numbers: ReadonlySet<number>): number {
  let first = 1
  while (numbers.has(first)) first += 1
  return first
}

function medianLength(lists: readonly (readonly string[])[]): number {
  const lengths = lists.map((list) => list.length).toSorted((a, b) => a - b)
  return lengths[Math.floor(lengths.length / 2)] ?? 0
}

async function playWithShortLives(story: Story): Promise<void> {
  const space = await openSpace('crash')
  await story.begin(space)
  const unkilled = (await playTurn(story, space, () => Infinity)).flat()
  const lives = await playTurn(story, space, () => 1)
  const killed = lives.flat()
  console.log(
    `${story.title}: killed after each of ${killed.length} writes, in as many lives\n${listOf(killed)}`,
  )
  for (const life of lives) expect(life.length).toBeLessThanOrEqual(1)
  const unmet = lacking(movesOf(killed), movesOf(unkilled)).filter((write) => !story.mayLack?.test(write))
  expect(unmet, 'writes after which nobody was killed').toEqual([])
}

/** What is in `all` more often than in `some`. */
function lacking(some: readonly string[], all: readonly string[]): readonly string[] {
  const left = [...some]
  return all.filter((write) => {
    const at = left.indexOf(write)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

/**
 * Those that every way through the story has, each turn's revisions without their names. A status is not written for what
 * is over before the next life begins, and a pod that its set leaves standing is not there whenever the operator looks.
 */
function movesOf(writes: readonly string[]): readonly string[] {
  return writes
    .filter((write) => !/\/status(\?|$)|^DELETE .*\/pods\//.test(write))
    .map((write) =>
      write.replace(/(\/(controllerrevisions|jobs|persistentvolumes|volumesnapshots))\/[^?]*/, '$1'),
    )
}

/** Plays the story once and returns the writes of each life. */
async function playTurn(
  story: Story,
  space: Space,
  cutOf: (life: number) => number,
): Promise<ReturnType<Lives['writes']>> {
  const { seen } = space
  const claims = boundClaims(seen)
  const from = seen.podHistory.length
  const turn = turnOf(space)
  const lives = startLives(space, cutOf)
  try {
    await story.play(space, turn)
  } finally {
    await lives.end()
  }
  const where = `with a kill after write ${cutOf(0)}`
  if (!story.restores) expect(boundClaims(seen), where).toEqual(expect.arrayContaining([...claims]))
  expect(fewestReady(seen.podHistory, from), where).toBeGreaterThanOrEqual(story.available)
  expect(sharedClaims(seen.podHistory), where).toEqual([])
  if (seen.resource() !== undefined) await expectAllData(space)
  return lives.writes()
}

/** Without namespaces and query, as people would say it. */
function listOf(writes: readonly string[]): string {
  const short = writes.map((write) =>
    write.replace(/\/apis?\/(.*\/)?namespaces\/[^/]+\//, '').replace(/\?.*/, ''),
  )
  return short.map((write, index) => `  ${index + 1} ${write}`).join('\n')
}
