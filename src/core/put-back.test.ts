import { describe, expect, it } from 'vitest'
import { changeStable, type StableChange } from './action.ts'
import type { Next } from './decision.ts'
import { factsOf } from './facts.ts'
import type { Observation } from './observation.ts'
import { plan } from './plan.ts'
import { putBackEvent } from './put-back.ts'
import {
  canaryPod,
  now,
  stablePod,
  stableWorld,
  withCanary,
  withPods,
  withStable,
  world,
} from './testing/builders.ts'
import { activeWorld, patchedWorld } from './testing/rollout-worlds.ts'

function noteOf(given: Observation, change: StableChange): string | undefined {
  const facts = factsOf(given, now)
  if (facts.stable === undefined) throw new Error('this world has no stable set')
  const next: Next = { kind: 'act', action: changeStable(facts.stable, 'putBackSettings', change) }
  return putBackEvent(facts, next)?.note
}

describe('putBackEvent', () => {
  it.each<[title: string, change: StableChange, edits: Record<string, string>, note: string | undefined]>([
    ['replicas', { replicas: 3 }, { replicas: 'kubectl' }, 'kubectl (replicas)'],
    [
      'the partition',
      { partition: 0 },
      { updateStrategy: 'kubectl-patch' },
      'kubectl-patch (updateStrategy)',
    ],
    [
      'retention',
      { settings: true },
      { persistentVolumeClaimRetentionPolicy: 'kubectl-edit' },
      'kubectl-edit (persistentVolumeClaimRetentionPolicy)',
    ],
    [
      'two fields of two writers',
      { revision: 'old', partition: 0 },
      { template: 'helm', updateStrategy: 'flux' },
      'helm and flux (template, updateStrategy)',
    ],
  ])('says who changed %s', (_, change, edits, words) => {
    const given = world(stableWorld(), withStable({ edits }))

    expect(noteOf(given, change)).toBe(
      `StatefulSet redis-stable was changed by ${words}, and that was put back`,
    )
  })

  it('says nothing where what is overwritten is our own', () => {
    expect(noteOf(stableWorld(), { replicas: 3 })).toBeUndefined()
    expect(noteOf(world(stableWorld(), withStable({ edits: { replicas: 'kubectl' } })), {})).toBeUndefined()
  })

  it('names the pods that may have run an edited template', () => {
    const given = world(
      stableWorld(),
      withStable({ edits: { template: 'kubectl-set' }, hash: 'edited' }),
      withPods(stablePod(1, { hash: 'before' }), stablePod(2, { hash: 'edited' })),
    )

    expect(noteOf(given, { revision: 'old' })).toBe(
      'StatefulSet redis-stable was changed by kubectl-set (template), and that was put back; redis-stable-2 may have run the change and written to its volume',
    )
  })

  it('says what of it stays', () => {
    const given = world(
      patchedWorld(),
      withStable({ edits: { updateStrategy: 'kubectl-patch' }, partition: 0 }),
    )

    expect(plan(given, now).events?.map((event) => event.note)).toEqual([
      'StatefulSet redis-stable was changed by kubectl-patch (updateStrategy), and that was put back, but for partition 0: replicas from there on may run the new version by now',
    ])
  })

  it('is told once of a canary, when it is taken away', () => {
    const given = world(
      activeWorld(),
      withCanary({ edits: { template: 'kubectl-set' }, hash: 'edited' }),
      withPods(canaryPod(2, { hash: 'edited' })),
    )
    const { next, events } = plan(given, now)

    expect(next).toMatchObject({ kind: 'act', action: { kind: 'emptyCanary' } })
    expect(events).toEqual([
      {
        type: 'Warning',
        reason: 'PutBack',
        note: 'StatefulSet redis-canary was changed by kubectl-set (template), and that was put back; redis-canary-2 may have run the change and written to its volume',
      },
    ])
  })
})
