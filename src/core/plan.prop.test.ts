import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Action, StableChange } from './action.ts'
import type { Plan } from './decision.ts'
import { canaryAvailability, type Facts, factsOf, foreignWriter, isArmed } from './facts.ts'
import type { Observation } from './observation.ts'
import { plan } from './plan.ts'
import { sentence } from './reason.ts'
import { formatRecord, parseRecord } from './record.ts'
import { bakedAt } from './steps.ts'
import { anyWorld } from './testing/any-world.ts'
import { hour, now, withResource, world } from './testing/builders.ts'

const runs = { seed: 20_261_121, numRuns: 1000 }

/** Checks something about every plan of a random world. */
function always(check: (facts: Facts, decided: Plan, observation: Observation) => void): void {
  fc.assert(
    fc.property(anyWorld, (observation) => {
      check(factsOf(observation, now), plan(observation, now), observation)
    }),
    runs,
  )
}

/** The same, for plans that act. */
function whenItActs(check: (facts: Facts, action: Action) => void): void {
  always((facts, { next }) => {
    if (next.kind === 'act') check(facts, next.action)
  })
}

function stableChange(action: Action): { readonly intent?: string } & StableChange {
  return action.kind === 'changeStable' ? { intent: action.intent, ...action.change } : {}
}

/** It makes Kubernetes, or us, take a pod away. */
function takesPodsAway({ stable }: Facts, action: Action): boolean {
  const { intent = '', replicas } = stableChange(action)
  if (['lowerPartition', 'replaceUnproven', 'revertTemplate', 'force'].includes(intent)) return true
  if (replicas !== undefined && replicas < (stable?.replicas ?? 0)) return true
  return ['emptyCanary', 'emptyStable', 'deletePod'].includes(action.kind)
}

describe('plan, whatever it is shown', () => {
  it('says something, and says the same again', () => {
    always((_, decided, observation) => {
      expect(plan(structuredClone(observation), now)).toEqual(decided)
    })
  })

  it('takes no pod away while a held claim is being deleted, unless the resource is deleted, too', () => {
    whenItActs((facts, action) => {
      const held = facts.claims.some(
        (claim) => claim.deleting && claim.ordinal >= facts.first && claim.ordinal < facts.end,
      )
      if (held && !facts.resource.deleting) expect(takesPodsAway(facts, action)).toBe(false)
    })
  })

  it('takes no pod away from a claim that is being deleted, whatever its ordinal', () => {
    whenItActs((facts, action) => {
      const own = [...facts.stablePods, ...facts.canaryPods]
      const kept = facts.claims.some(
        (claim) => claim.deleting && own.some((pod) => pod.claims.includes(claim.name)),
      )
      if (kept && !facts.resource.deleting) expect(takesPodsAway(facts, action)).toBe(false)
    })
  })

  it('arms the canary of this attempt only, on claims that nobody uses, after that was recorded', () => {
    whenItActs((facts, action) => {
      if (action.kind !== 'armCanary') return
      expect(facts.stablePods.filter((pod) => pod.ordinal >= facts.boundary)).toEqual([])
      expect(foreignWriter(facts, facts.boundary)).toBeUndefined()
      expect(facts.stable?.observed).toBe(true)
      expect(facts.rollout?.decision).toBeUndefined()
      expect(facts.rollout?.touched).toBeGreaterThanOrEqual(facts.canaries)
      expect(facts.canary?.attempt).toBe(facts.record?.id)
      expect(facts.canary?.revision).toBe(facts.rollout?.to)
      expect(action).toMatchObject({ ordinalsStart: facts.boundary, replicas: facts.canaries })
    })
  })

  it('gives stable its ordinals back only when there is no canary, neither set nor pod', () => {
    whenItActs((facts, action) => {
      const { intent = '' } = stableChange(action)
      if (!['promote', 'returnReplicas', 'closeRollout', 'scale', 'force'].includes(intent)) return
      if (facts.record?.proven !== true && facts.rollout === undefined) return
      expect(facts.canary).toBeUndefined()
      expect(facts.canaryPods).toEqual([])
    })
  })

  it('deletes a set only when it is empty, seen so by its controller, and its pods are gone', () => {
    whenItActs((facts, action) => {
      if (action.kind !== 'deleteSet') return
      const isStable = action.set.name === facts.stable?.name
      const set = isStable ? facts.stable : facts.canary
      expect(set).toMatchObject({ replicas: 0, observed: true, deleting: false })
      expect(isStable ? facts.stablePods : facts.canaryPods).toEqual([])
      if (isStable) expect(facts.resource.deleting).toBe(true)
    })
  })

  it('touches no set that is not ours, and only what it was shown', () => {
    whenItActs((facts, action) => {
      if (!('set' in action)) return
      const { name } = action.set
      const set = [facts.stable, facts.canary].find((candidate) => candidate?.name === name)
      expect(set?.ours).toBe(true)
      expect(action.set).toEqual({ name, uid: set?.uid, resourceVersion: set?.resourceVersion })
    })
  })

  it('deletes no pod of somebody else, and none that goes already', () => {
    whenItActs((facts, action) => {
      if (action.kind !== 'deletePod') return
      const pod = facts.pods.find(({ uid }) => uid === action.pod.uid)
      expect(pod?.role).not.toBe('foreign')
      expect(pod?.deleting).toBe(false)
    })
  })

  it('never raises the partition but in the one patch', () => {
    whenItActs((facts, action) => {
      const { intent, partition } = stableChange(action)
      if (partition === undefined || intent === 'promote') return
      expect(partition).toBeLessThanOrEqual(facts.stable?.partition ?? facts.replicas)
    })
  })

  it('lowers the partition by one, when everybody is there, and records before what new code may touch', () => {
    whenItActs((facts, action) => {
      const { intent, partition = 0, record } = stableChange(action)
      if (intent !== 'lowerPartition') return
      expect(partition).toBe((facts.stable?.partition ?? 0) - 1)
      expect(
        facts.stablePods.filter((pod) => !pod.deleting && pod.readySince !== undefined).length,
      ).toBeGreaterThanOrEqual(facts.replicas)
      expect(record?.rollout?.touched).toBeGreaterThanOrEqual(facts.replicas - partition)
    })
  })

  it('removes no replica and no set of stable while claims would be deleted with it', () => {
    whenItActs((facts, action) => {
      const { stable } = facts
      if (stable === undefined || stable.retains) return
      const { replicas = stable.replicas } = stableChange(action)
      if (action.kind === 'changeStable' && action.intent !== 'restoreDisplacement')
        expect(replicas).toBeGreaterThanOrEqual(stable.replicas)
      expect(action.kind).not.toBe('emptyStable')
      if (action.kind === 'deleteSet') expect(action.set.name).not.toBe(stable.name)
    })
  })

  it('creates no stable set over data that somebody may want, unless a person says so', () => {
    whenItActs((facts, action) => {
      if (action.kind !== 'createStable') return
      const { force, spec } = facts.resource
      if (force !== spec.target)
        expect([facts.claims, facts.pods, facts.canary]).toEqual([[], facts.foreignPods, undefined])
    })
  })

  it('writes only records that it can read again, and never an older attempt', () => {
    whenItActs((facts, action) => {
      const record = action.kind === 'createStable' ? action.record : stableChange(action).record
      if (record === undefined) return
      expect(parseRecord(formatRecord(record))).toEqual({ ok: true, record })
      expect(record.id).toBeGreaterThanOrEqual(facts.record?.id ?? 0)
    })
  })

  it('turns no roll back into a promotion, and promotes nothing that it was not asked to', () => {
    whenItActs((facts, action) => {
      const { intent, record } = stableChange(action)
      if (intent !== 'recordDecision' || record?.rollout?.decision !== 'promote') return
      const { rollout } = facts
      expect(rollout?.decision).toBeUndefined()
      const byItself = facts.resource.spec.promotionType === 'auto' && rollout?.steps.at(-1)?.pause !== true
      expect(byItself || facts.resource.promote !== undefined).toBe(true)
      expect(isArmed(facts)).toBe(true)
      expect(rollout?.step).toBe((rollout?.steps.length ?? 0) - 1)
      expect(rollout !== undefined && (bakedAt(facts, rollout) ?? Infinity) <= now).toBe(true)
      expect([undefined, 'third']).toContain(facts.resource.abort)
      if (!byItself) expect(record.rollout.ack).toBe(true)
    })
  })

  it('takes one step at a time, when its canaries have baked, asks where it has to, and never shrinks', () => {
    whenItActs((facts, action) => {
      const { intent, record, replicas } = stableChange(action)
      if (intent !== 'nextStep') return
      const { rollout } = facts
      expect(record?.rollout?.step).toBe((rollout?.step ?? 0) + 1)
      expect(rollout?.decision).toBeUndefined()
      expect(canaryAvailability(facts).available).toBe(true)
      expect(rollout !== undefined && (bakedAt(facts, rollout) ?? Infinity) <= now).toBe(true)
      const asked = rollout?.steps[rollout.step]?.pause === true
      if (asked)
        expect([facts.resource.promote === undefined, rollout.ack, record?.rollout?.ack]).toEqual([
          false,
          false,
          true,
        ])
      expect(replicas).toBeLessThanOrEqual(facts.replicas - facts.canaries)
      expect(record?.rollout?.at.stepped).toBeUndefined()
    })
  })

  it('writes nothing while it is paused, but for a deletion and the alarm', () => {
    always((facts, { next, reason, status }) => {
      if (!facts.resource.paused || facts.resource.deleting) return
      expect(['wait', 'rest']).toContain(next.kind)
      if (reason.code !== 'TwoWriters') expect(status).toBeUndefined()
    })
  })

  it('forces only what the spec asks for, whole, and leaves a first deployment behind', () => {
    whenItActs((facts, action) => {
      const { intent, record, revision, replicas, partition } = stableChange(action)
      if (intent !== 'force') return
      const { spec, force } = facts.resource
      expect(force).toBe(spec.target)
      expect([revision, replicas, partition]).toEqual([spec.target, spec.replicas, 0])
      expect(record).toEqual({ accepted: spec.target, proven: false, id: facts.record?.id })
    })
  })

  it('starts nothing and promotes nothing while the spec pauses it', () => {
    whenItActs((facts, action) => {
      if (!facts.resource.spec.paused || facts.record?.proven !== true) return
      const { intent, record } = stableChange(action)
      expect(['createCanary', 'armCanary']).not.toContain(action.kind)
      expect(['startRollout', 'nextStep', 'recordTouched', 'lowerPartition']).not.toContain(intent)
      expect(record?.rollout?.decision === 'promote' && intent === 'recordDecision').toBe(false)
    })
  })

  it('takes no failing canary back by itself where a person wants to', () => {
    whenItActs((facts, action) => {
      if (facts.resource.spec.automaticRollback) return
      const { record } = stableChange(action)
      if (facts.rollout?.decision !== 'rollback')
        expect(['failed', 'deadline']).not.toContain(record?.rollout?.cause)
    })
  })

  it('wakes up in the future only', () => {
    always((_, { wakeAt }) => {
      if (wakeAt !== undefined) expect(wakeAt).toBeGreaterThan(now)
    })
  })

  it('says sentences', () => {
    always((_, { status }) => {
      if (status !== undefined) expect(status.message).not.toMatch(/undefined|NaN|\[object|Infinity/)
    })
  })
})

function saying({ rule, next, reason }: Plan) {
  return { rule, next, says: sentence(reason) }
}

describe('while nothing changes', () => {
  it('nothing is decided and nothing is written before the moment that was named', () => {
    always((_, decided, observation) => {
      if (decided.next.kind === 'act' || decided.next.kind === 'ask') return
      const { status } = decided
      const after = status === undefined ? observation : world(observation, withResource({ status }))
      const soon = plan(after, now)
      const moment = (soon.wakeAt ?? now + 1000 * hour) - 1
      const again = plan(after, moment)
      expect(saying(again)).toEqual(saying(soon))
      expect(saying(soon)).toEqual(saying(decided))
      expect(again.status ?? after.resource.status).toEqual(after.resource.status)
    })
  })
})
