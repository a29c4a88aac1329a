/**
 * Bad days of leaders: two that race, one that is cut off, one that is frozen in the middle of a write and thawed when
 * another leads. At most one decides at any moment, and what a former leader has left on its way does no harm.
 */
import { expect, test } from 'vitest'
import { writing } from '../harness/mirror/at-work.ts'
import { configMaps, copyKeyOf, textOf } from '../harness/mirror/config-maps.ts'
import { type BadDay, openBadDay } from '../harness/mirror/bad-day.ts'
import { type Contender, startContender } from '../harness/mirror/contender.ts'
import { refOf } from '../../src/kube/object.ts'

/** What somebody sees who has no part in it. */
async function observed(day: BadDay) {
  const observer = day.mirror()
  observer.observe()
  await observer.cache.whenSynced(AbortSignal.timeout(30_000))
  const textOfCopy = (name: string) => textOf(observer.cache.get(copyKeyOf(`${day.namespace}/${name}`)))
  return { textOfCopy }
}

test('two start at once: one leads, and the other goes on where it stops', async () => {
  const day = await openBadDay('race')
  const { textOfCopy } = await observed(day)
  await day.write('first', 'one')
  const both = await Promise.all([startContender(day, 'a'), startContender(day, 'b')])
  const leader = await Promise.race(both.map(async (one) => (await one.leads, one)))
  const other = both.find((one) => one !== leader) as Contender
  await day.until('the first is copied', () => textOfCopy('first') === 'ONE')
  await other.until('the other asks for the Lease', () => other.proxy.count({ resource: 'leases' }) >= 2)
  expect(other.writes()).toEqual([])

  leader.signal('SIGTERM')
  expect(await leader.ended).toBe(0)
  const writes = leader.writes().length
  await other.leads
  await day.write('second', 'two')
  await day.until('the second is copied', () => textOfCopy('second') === 'TWO')
  expect(leader.writes()).toHaveLength(writes)
  expect(other.writes()).toHaveLength(1)
})

test('a leader that is cut off stops before the next one begins', async () => {
  const day = await openBadDay('cut-off')
  const { textOfCopy } = await observed(day)
  const leader = await startContender(day, 'a')
  await leader.leads
  const other = await startContender(day, 'b')
  const cut = leader.proxy.inject({ kind: 'reset' })
  await day.write('first', 'one')
  const endedFirst = await Promise.race([leader.ended, other.leads.then(() => 'the other led first')])
  expect(endedFirst).toBe(3)
  cut.end()
  await day.until('the first is copied', () => textOfCopy('first') === 'ONE')
  expect(leader.writes().filter(({ serverStatus }) => serverStatus !== undefined)).toEqual([])
  expect(other.writes()).toHaveLength(1)
})

test('a leader is frozen between a decision and its write, and thawed when another leads: it writes nothing more', async () => {
  const day = await openBadDay('frozen')
  const { textOfCopy } = await observed(day)
  const names = ['changed', 'created', 'freezes'] as const
  const isCopied = (name: string, text: string) => textOfCopy(name) === text
  await day.write('changed', 'early')
  const frozen = await startContender(day, 'a')
  await day.until('the first is copied', () => isCopied('changed', 'EARLY'))

  const inFlight = frozen.proxy.inject({ kind: 'hold' }, writing)
  await day.write('changed', 'late')
  await day.write('created', 'late')
  await frozen.until('a change and a creation are in flight', () => inFlight.struck.length === 2)
  await day.write('freezes', 'late')
  await frozen.freezes
  const writes = frozen.writes().length

  const next = await startContender(day, 'b')
  await next.leads
  await Promise.all(names.map((name) => day.write(name, 'newer')))
  // The next one stops itself at the same point, once.
  await next.freezes
  next.signal('SIGCONT')
  await day.until('the next leader has copied all', () => names.every((name) => isCopied(name, 'NEWER')))

  frozen.signal('SIGCONT')
  expect(await frozen.ended).toBe(3)
  inFlight.end()
  const isAnswered = () => inFlight.struck.every(({ serverStatus }) => serverStatus !== undefined)
  await frozen.until('the writes in flight are answered', isAnswered)
  expect(inFlight.struck.map(({ serverStatus }) => serverStatus)).toEqual([409, 409])
  expect(frozen.writes(), 'what it wrote, the thaw included').toHaveLength(writes)
  const copies = names.map((name) => day.rest.get(configMaps, refOf(copyKeyOf(`${day.namespace}/${name}`))))
  expect((await Promise.all(copies)).map(textOf)).toEqual(['NEWER', 'NEWER', 'NEWER'])
})
