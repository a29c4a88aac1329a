import { describe, expect, it } from 'vitest'
import { fewestReady, firstMoment, sharedClaims } from './pod-history.ts'
import type { PodMoment } from './watched.ts'

function moment(name: string, facts: Partial<PodMoment> = {}): PodMoment {
  const claims = [`data-${name.at(-1)}`]
  return {
    name,
    uid: name,
    change: 'modified',
    phase: 'Running',
    ready: true,
    leaving: false,
    image: 'i',
    claims,
    ...facts,
  }
}

const gone = { change: 'deleted', ready: false, leaving: true } as const

describe('the history of pods', () => {
  it('tells the fewest that were ready, what was so at the start included', () => {
    const history = [moment('a-0'), moment('a-1'), moment('a-1', { ready: false }), moment('a-1')]
    expect(fewestReady(history)).toBe(1)
    expect(fewestReady(history, 2)).toBe(1)
    expect(fewestReady(history, 4)).toBe(2)
    expect(fewestReady([...history, moment('a-0', gone)], 4)).toBe(1)
  })
  it('finds two pods that ran on one claim at the same moment', () => {
    expect(sharedClaims([moment('stable-2'), moment('canary-2')])).toEqual(['data-2: stable-2 and canary-2'])
  })
  it('finds no fault with one after the other, or with one that waits', () => {
    const waiting = moment('canary-2', { phase: 'Pending' })
    expect(sharedClaims([moment('stable-2'), waiting, moment('stable-2', gone), moment('canary-2')])).toEqual(
      [],
    )
  })
  it('finds no fault with Jobs that share where they store their backups', () => {
    const claims = ['redis-backups']
    expect(sharedClaims([moment('backup-1', { claims }), moment('backup-2', { claims })])).toEqual([])
  })
  it('finds the first moment of a kind from some point on', () => {
    const history = [moment('a-0'), moment('a-1'), moment('a-0', gone)]
    expect(firstMoment(history, ({ change }) => change === 'deleted')).toBe(2)
    expect(firstMoment(history, ({ name }) => name === 'a-0', 1)).toBe(2)
    expect(firstMoment(history, ({ name }) => name === 'a-9')).toBe(-1)
  })
})
