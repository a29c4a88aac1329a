import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRateLimit } from './rate-limit.ts'
import { startFakeApiServer } from '../testing/fake-api-server.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createRecordingMeter } from '../testing/recording-meter.ts'
import { createTransport } from './transport.ts'

const never = new AbortController().signal

describe('a rate limit', () => {
  it('lets a burst through at once, and then one at a time in order', async () => {
    const clock = createManualClock()
    const limit = createRateLimit({ qps: 10, burst: 3 }, clock)
    const through: number[] = []

    for (let i = 0; i < 6; i++) void limit.take(never).then(() => through.push(i))
    await clock.advance(0)
    expect(through).toEqual([0, 1, 2])

    await clock.advance(100)
    expect(through).toEqual([0, 1, 2, 3])
    await clock.advance(200)
    expect(through).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('gives the place of an aborted wait to others', async () => {
    const clock = createManualClock()
    const limit = createRateLimit({ qps: 1, burst: 1 }, clock)
    const stop = new AbortController()
    await limit.take(never)
    const given = limit.take(stop.signal).catch((error: unknown) => error)

    stop.abort(new Error('stopping'))

    expect(await given).toMatchObject({ message: 'stopping' })
    let through = false
    void limit.take(never).then(() => (through = true))
    await clock.advance(1_000)
    expect(through).toBe(true)
  })

  it('never lets more through than burst + qps x time, whenever they come and whoever gives up', async () => {
    const arrival = fc.record({
      gapMs: fc.integer({ min: 0, max: 500 }),
      patienceMs: fc.option(fc.integer({ min: 0, max: 3_000 })),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.array(arrival, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        async (arrivals, qps, burst) => {
          const clock = createManualClock()
          const limit = createRateLimit({ qps, burst }, clock)
          const at: number[] = []
          let gaveUp = 0
          for (const { gapMs, patienceMs } of arrivals) {
            await clock.advance(gapMs)
            const stop = new AbortController()
            if (patienceMs !== null) clock.setTimeout(() => stop.abort(), patienceMs)
            void limit.take(stop.signal).then(
              () => at.push(clock.monotonic()),
              () => (gaveUp += 1),
            )
          }
          await clock.advance(60_000)
          expect(at.length + gaveUp).toBe(arrivals.length)
          for (const [i, from] of at.entries()) {
            for (const [j, to] of at.entries()) {
              if (j >= i) expect(j - i + 1).toBeLessThanOrEqual(burst + ((to - from) / 1000) * qps + 1e-6)
            }
          }
        },
      ),
      { seed: 1, numRuns: 200 },
    )
  })

  it.each([
    { qps: 0, burst: 1 },
    { qps: 1, burst: 0 },
    { qps: Number.NaN, burst: 1 },
  ])('refuses %o', (options) => {
    expect(() => createRateLimit(options, createManualClock())).toThrow(RangeError)
  })
})

describe('a transport with a rate limit', () => {
  it('waits within the time limit of the request; without the limit where it must not wait', async () => {
    const server = await startFakeApiServer()
    const clock = createManualClock()
    const meter = createRecordingMeter()
    const transport = createTransport(server.connection, { clock, meter, rateLimit: { qps: 0.1, burst: 1 } })
    server.store.put('v1/pods', { metadata: { name: 'x', namespace: 'a' } })
    const get = { method: 'GET', path: '/api/v1/namespaces/a/pods/x', timeoutMs: 5_000 } as const

    await transport.request(get)
    const late = transport.request(get).catch((error: unknown) => error)
    await clock.advance(5_000)

    expect(await late).toMatchObject({ code: 'Timeout' })
    expect(server.requests).toHaveLength(1)
    await transport.unlimited.request(get)
    expect(server.requests).toHaveLength(2)
    expect(server.connections).toBe(1)
    expect(meter.observed('rest_client_rate_limiter_duration_seconds')).toEqual([0])
    transport.close()
    await server.kill()
  })
})
