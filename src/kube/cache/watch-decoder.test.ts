import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeWatch, type WatchEvent } from './watch-decoder.ts'

async function decode(chunks: readonly Buffer[]): Promise<WatchEvent<unknown>[]> {
  const events: WatchEvent<unknown>[] = []
  async function* stream(): AsyncGenerator<Buffer> {
    yield* chunks
  }
  await decodeWatch(stream(), (event) => events.push(event))
  return events
}

describe('decodeWatch', () => {
  it('gives the same events however the bytes are cut', async () => {
    const event = fc.record({
      type: fc.constant('ADDED' as const),
      object: fc.record({ note: fc.constantFrom('', 'plain', 'a\nb', 'ä€😀', '\u2028', '"{}') }),
    })
    const cuts = fc.array(fc.nat(), { maxLength: 10 })

    await fc.assert(
      fc.asyncProperty(fc.array(event, { maxLength: 6 }), cuts, async (events, positions) => {
        const bytes = Buffer.from(events.map((each) => `${JSON.stringify(each)}\n`).join(''))
        const bounds = [
          0,
          ...positions.map((at) => at % (bytes.length + 1)).sort((a, b) => a - b),
          bytes.length,
        ]
        const chunks = bounds.slice(1).map((end, i) => bytes.subarray(bounds[i], end))

        expect(await decode(chunks)).toEqual(events)
      }),
      { seed: 1, numRuns: 60 },
    )
  })

  it('skips empty lines', async () => {
    expect(await decode([Buffer.from('\n{"type":"ADDED","object":{}}\n\n')])).toHaveLength(1)
  })

  it.each([
    ['a line that is no JSON', '{"type":\n', 'A watch sent a line that is not JSON: {"type":'],
    ['an end in mid-line', '{"type":"ADDED"', 'A watch ended in the middle of an event.'],
  ])('throws for %s', async (_title, text, message) => {
    await expect(decode([Buffer.from(text)])).rejects.toMatchObject({ code: 'BadAnswer', message })
  })
})
