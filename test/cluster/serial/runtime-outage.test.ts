/**
 * The API server and etcd are killed and started again under a controller at work. It asks for them at a bounded pace,
 * reads everything once when they are back, and all is well.
 */
import { expect, test } from 'vitest'
import { killPart, startApiServer, startPart } from '../../harness/parts.ts'
import { atWork, changeEach, everything, watching, writing } from '../../harness/mirror/at-work.ts'

/** As in production: waits of up to 0.8 s, twice as long each time, 5 s at most while the server is away. */
const production = { reflector: { backoff: { baseMs: 800, capMs: 30_000 } } }

test('the API server is killed with changes that we have not seen, and started again', async () => {
  const { day, mirror } = await atWork('killed', production)
  const stalled = day.proxy.inject({ kind: 'halfOpen' }, watching)
  await day.write('comes', 'one')
  await killPart('kube-apiserver')
  stalled.end()
  await day.until('the watch has ended', () => stalled.struck[0]?.isOver === true)
  await startApiServer()
  await changeEach(day)
  await day.allWell(mirror)

  expect(day.proxy.count({ ...everything, serverStatus: 200 })).toBeLessThanOrEqual(2)
  expect(day.proxy.count(watching)).toBeLessThanOrEqual(15)
  expect(day.proxy.count({ ...writing, serverStatus: [200, 201] })).toBeLessThanOrEqual(2 + 1 + 3)
})

test('etcd is killed and started again, with a write that waits for it', async () => {
  const { day, mirror } = await atWork('etcd', production)
  const held = day.proxy.inject({ kind: 'hold' }, writing)
  await day.write('comes', 'one')
  await day.until('a write is on its way', () => held.struck.length === 1)
  await killPart('etcd')
  held.end()
  await startPart('etcd')
  await changeEach(day)
  await day.allWell(mirror)

  expect(day.proxy.count(everything)).toBeLessThanOrEqual(15)
  expect(day.proxy.count(watching)).toBeLessThanOrEqual(15)
  const carriedOut = day.proxy.count({ ...writing, serverStatus: [200, 201] })
  // The write that met the outage is done once or twice: the second time it finds what the first has left.
  expect(carriedOut).toBeGreaterThanOrEqual(3)
  expect(carriedOut).toBeLessThanOrEqual(2 + 1 + 3)
})
