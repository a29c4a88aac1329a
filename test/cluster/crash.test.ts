/**
 * The operator is killed with SIGKILL after the 1st, the 2nd, ... write of the walk-through's rollout, once for each
 * write that there is, and started again: every time the rollout ends right and all data is there.
 */
import { expect, test } from 'vitest'
import { startOperator } from '../harness/operator.ts'
import { fewestReady, sharedClaims } from '../harness/pod-history.ts'
import { atRestOn, boundClaims, canaryActive, deploy, expectAllData, promote } from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'

/** Two names of one Redis, so that a resource can be rolled forth and back over the same data. */
const images = ['redis:7.0', 'redis:7.0.5'] as const
const lanes = 3

test('killed after every write of a rollout and started again, it ends right', async () => {
  let next = 1
  let all: readonly string[] | undefined
  const takeNumber = () => (all === undefined ? next++ : undefined)

  async function playLane(lane: number): Promise<void> {
    const space = await openSpace(`crash-${lane}`)
    await (await deploy(space, { image: images[0] })).stop()
    let turn = 0
    for (let n = takeNumber(); n !== undefined; n = takeNumber()) {
      const image = images[++turn % 2] ?? images[0]
      const writes = await rollOut(space, image, n)
      // Fewer writes than asked for: the rollout went through without a kill, and these are all there are.
      if (writes.length < n) all ??= writes
    }
  }

  await Promise.all(Array.from({ length: lanes }, (_, lane) => playLane(lane)))

  const list = (all ?? []).map((write, index) => `  ${index + 1} ${shorten(write)}`)
  console.log(
    `the operator was killed after each of the ${list.length} writes of a rollout:\n${list.join('\n')}`,
  )
  expect(list.length).toBeGreaterThan(10)
})

/** One rollout with a kill after write n, where it has that many. Resolves with the first operator's writes. */
async function rollOut(space: Space, image: string, n: number): Promise<readonly string[]> {
  const { seen } = space
  const claims = boundClaims(seen)
  const from = seen.podHistory.length
  const first = await startOperator(space, { cutAfterWrite: n })
  const second = first.ended.then((how) => (how === 'SIGKILL' ? startOperator(space) : undefined))
  // The annotation makes a revision that was never there, so that storing it is one of the writes.
  const template = { template: { metadata: { annotations: { round: String(n) } } } }
  await changeResource(space, { spec: { image, template } })
  await canaryActive(space, image)
  await promote(space)
  await atRestOn(space, image)
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(
    fewestReady(seen.podHistory, from),
    `fewest ready with a kill after write ${n}`,
  ).toBeGreaterThanOrEqual(2)
  expect(sharedClaims(seen.podHistory)).toEqual([])
  if (first.writes().length < n) await first.stop()
  else expect(await first.ended, `how the operator ended after write ${n}`).toBe('SIGKILL')
  await (await second)?.stop()
  return first.writes()
}

/** Without namespaces and query, as people would say it. */
function shorten(write: string): string {
  return write.replace(/\/apis?\/(.*\/)?namespaces\/[^/]+\//, '').replace(/\?.*/, '')
}
