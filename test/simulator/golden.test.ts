/**
 * Whole rollouts, told as logs. A reviewer reads behaviour here. `UPDATE_GOLDEN=1` writes the logs anew; the change
 * then shows in review.
 *
 * Each story is also played in five other orders: caches are told, the operator visits, set controllers, scheduler,
 * kubelet and garbage collector move as a seed has it. (The clock moves when nobody else can, and people edit when all
 * is at rest: with another time or another edit it would be another story.) In every order each promise of promises.ts
 * holds at every move, and these are the same as in the log: the rest and its sentence; the objects that are left, but
 * for uids, resourceVersions and moments; what happened to each set, pod, claim and record, one thing after the other;
 * and the operator's writes in their sequence. Two things may differ. A pod that its set controller is about to replace or
 * remove is taken by whoever comes first, so `deletePod` is not compared. And a stray pod, which the scheduler keeps
 * waiting, is created only where its set controller is quicker than the operator: pods that are taken away before anything
 * came of them are left out.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { shuffled } from './order.ts'
import { inWords, play, type Played, type Story } from './play.ts'
import { stories } from './stories.ts'
import type { Content } from './world.ts'

const folder = join(import.meta.dirname, 'golden')
const seeds = [1, 2, 3, 4, 5]

const logOf = (title: string) => `${title.replaceAll(/[^a-z0-9]+/gi, '-')}.log`

it('has one log a story, and no log without a story', () => {
  expect(readdirSync(folder).toSorted()).toEqual(Object.keys(stories).map(logOf).toSorted())
})

it.each(Object.entries(stories))('%s', (title, story: Story) => {
  const { log, world } = play(story)
  const text = `${log.join('\n')}\n`
  const file = join(folder, logOf(title))
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text)

  expect(existsSync(file), `${file} is missing: run with UPDATE_GOLDEN=1 and read it`).toBe(true)
  expect(text).toBe(readFileSync(file, 'utf8'))
  const counts = story.edits.flatMap((edit) => ('replicas' in edit ? (edit.replicas ?? []) : []))
  expect(world.claims.length).toBe(Math.max(story.setting.replicas, ...counts))
})

describe('in another order it ends the same, by the same writes', () => {
  it.each(Object.entries(stories))('%s', (_, story: Story) => {
    const told = outcomeOf(play(story))
    for (const seed of seeds) {
      const played = play(story, shuffled(seed))
      expect(outcomeOf(played), `with seed ${seed}:\n${played.log.join('\n')}`).toEqual(told)
    }
  })
})

/** All that no order may change. */
function outcomeOf({ world, last, writes, told }: Played) {
  const { resource, sets, pods, claims, volumes, snapshots, jobs, contents, revisions, service } = world
  return {
    rest: last.reason,
    // What was said last of a resource that is gone is nobody's any more.
    resource: { ...resource, status: resource.gone ? undefined : resource.status?.phase },
    sets: Object.values(sets).map(({ uid: _u, resourceVersion: _v, record: _r, ...set }) => set),
    pods: pods
      .map(({ uid: _u, readySince, unreadySince: _s, ...pod }) => ({
        ...pod,
        ready: readySince !== undefined,
      }))
      .toSorted((one, other) => (one.name < other.name ? -1 : 1)),
    claims: claims
      .map(({ uid: _u, resourceVersion: _v, ...claim }) => claim)
      .toSorted((one, other) => one.ordinal - other.ordinal),
    volumes: volumes.map(({ name, retains, kept }) => `${name} ${retains} ${kept?.attempt}`).toSorted(),
    snapshots: snapshots.map(({ name, ready, deleting }) => `${name} ${ready} ${deleting}`).toSorted(),
    jobs: jobs.map(({ name, deleting, outcome }) => `${name} ${deleting} ${outcome}`).toSorted(),
    contents: Object.fromEntries(
      Object.entries(contents).map(([volume, content]) => [volume, bare(content)]),
    ),
    revisions: revisions.map(({ revision, number }) => `${number} ${revision}`),
    service,
    writes: writes.filter(({ kind }) => kind !== 'deletePod').map(inWords),
    told: Object.fromEntries(Object.entries(told).map(([name, moments]) => [name, withoutIdle(moments)])),
  }
}

function bare({ writes, ...content }: Content) {
  return { ...content, writers: writes.map(({ writer }) => writer) }
}

/** What happened to an object, but for its pods that neither ran nor failed. */
function withoutIdle(moments: readonly string[]): readonly string[] {
  const isIdle = (at: number) =>
    moments[at]?.includes(': created') === true && moments[at + 1]?.endsWith(': leaving') === true
  return moments.filter((_, at) => !isIdle(at) && !isIdle(at - 1) && !isIdle(at - 2))
}
