/** What becomes of the operator when it may work no more. */
import { describe, expect, it, vi } from 'vitest'
import { walkThrough } from '../core/render/testing/walk-through.ts'
import type { Lease } from '../kube/leader-election/lease.ts'
import { LeadershipLost } from '../kube/leader-election/leader-election.ts'
import { silentLog } from '../kube/log.ts'
import { runOperator } from './operator.ts'
import { createFakeApi } from './testing/fake-api.ts'
import { createFastClock } from './testing/fast-clock.ts'

describe('a Lease that another one takes', () => {
  it('ends the operator, and nothing of it keeps running', async () => {
    const api = createFakeApi()
    api.store.put('canarystatefulsets', walkThrough())
    const lease = { namespace: 'canary-system', name: 'canary-operator' }
    const key = 'canary-system/canary-operator'
    const options = { namespace: undefined, concurrency: 1, lease, identity: 'us', clock: createFastClock() }
    const ended = runOperator({ ...options, rest: api.rest, log: silentLog }, new AbortController().signal)
    const lost = expect(ended).rejects.toThrow(LeadershipLost)
    await vi.waitUntil(() => api.store.list('statefulsets').length > 0, { timeout: 4_000 })
    const held = api.store.get('leases', key) as Lease
    const taken: Lease = { ...held, spec: { ...held.spec, holderIdentity: 'another' } }
    api.store.put('leases', taken)
    await lost
    expect(api.openWatches()).toBe(0)
  })
})
