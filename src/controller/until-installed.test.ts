import { beforeEach, describe, expect, it } from 'vitest'
import { ApiError } from '../kube/client/api-error.ts'
import { silentLog } from '../kube/log.ts'
import { createManualClock, settle } from '../kube/testing/manual-clock.ts'
import { createFakeApi, type FakeApi } from './testing/fake-api.ts'
import { untilInstalled } from './until-installed.ts'

const noCrd = new ApiError(404, { reason: 'NotFound', message: 'the server could not find the resource' })
const noRight = new ApiError(403, { reason: 'Forbidden', message: 'cannot list' })

let api: FakeApi
let told: string[]
beforeEach(() => {
  api = createFakeApi()
  told = []
})

function start(signal = new AbortController().signal) {
  const clock = createManualClock()
  const say = (_: unknown, message: string) => void told.push(message)
  const log = { ...silentLog, info: say, warn: say }
  return { clock, installed: untilInstalled({ rest: api.rest, namespace: undefined, clock, log }, signal) }
}

describe('before the operator is installed', () => {
  it('nothing is said where it is', async () => {
    await start().installed
    expect([told, api.calls.length]).toEqual([[], 1])
  })

  it('one sentence says what to do, for each thing that is missing, however long it takes', async () => {
    let refusal: ApiError | undefined = noCrd
    api.refuse(() => refusal)
    const { clock, installed } = start()
    await clock.advance(60_000)
    refusal = noRight
    await clock.advance(60_000)
    refusal = undefined
    await clock.advance(60_000)
    await installed
    expect(told).toEqual([
      'the CRD is missing: run `make install`; waiting for it',
      "the operator's rights are missing: run `make install`; waiting for them",
      'installed by now; starting',
    ])
    expect(api.calls.length).toBeLessThan(45)
  })

  it('any other trouble is left to the caches', async () => {
    api.refuse(() => new ApiError(500, { message: 'etcd is away' }))
    await start().installed
    expect(told).toEqual([])
  })

  it('a stop ends the wait', async () => {
    api.refuse(() => noCrd)
    const stop = new AbortController()
    const { clock, installed } = start(stop.signal)
    const stopped = expect(installed).rejects.toThrow('stopping')
    await settle()
    stop.abort(new Error('stopping'))
    await stopped
    expect(clock.timers).toEqual([])
  })
})
