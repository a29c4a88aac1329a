/**
 * What happened to each object, in its own order and without times: the same words for the simulated cluster and for a
 * real one, so that the two can be held against each other.
 */
import { formatRecord, type Names, parseRecord, type Rollout } from '../../src/core/record.ts'
import type { World } from './world.ts'

export interface SetFacts {
  readonly name: string
  readonly revision: string
  readonly replicas: number
  readonly start: number
  readonly partition: number
  /** Text of the rollout record. */
  readonly record: string | undefined
}

export interface PodFacts {
  readonly name: string
  readonly uid: string
  readonly revision: string
  readonly ready: boolean
  /** The kubelet says why it does not run. */
  readonly failed: boolean
  readonly deleting: boolean
}

export interface ClaimFacts {
  readonly name: string
  readonly deleting: boolean
}

export interface History {
  /**
   * By name of the object, what it became, one after the other; of the record as if it were an object. Each moment of a pod
   * or a claim begins with the number of changes of the sets that came before it (not of their deletions, whose version a
   * cache does not tell).
   */
  readonly told: Readonly<Record<string, readonly string[]>>
  set(facts: SetFacts): void
  pod(facts: PodFacts): void
  claim(facts: ClaimFacts): void
  setGone(name: string): void
  podGone(uid: string): void
  claimGone(name: string): void
}

export function createHistory(): History {
  const told: Record<string, string[]> = {}
  const pods = new Map<string, { readonly name: string; readonly said: Set<string> }>()

  let changes = 0

  /** Whether that is news. */
  function tell(object: string, what: string): boolean {
    const before = (told[object] ??= [])
    const isNew = before.at(-1) !== what
    if (isNew) before.push(what)
    return isNew
  }

  function tellOfClaim(name: string, what: string): void {
    if (told[name]?.at(-1)?.endsWith(what) !== true) tell(name, `${changes}: ${what}`)
  }

  /** Once for each pod, whatever else becomes of it: one that crashes is Ready again and again. */
  function tellOnce(uid: string, what: string): void {
    const pod = pods.get(uid)
    if (pod === undefined || pod.said.has(what)) return
    pod.said.add(what)
    tell(pod.name, `${changes}: ${what}`)
  }

  return {
    told,
    set({ name, revision, replicas, start, partition, record }) {
      const isNew = tell(name, `${revision}, ${replicas} from ${start}, partition ${partition}`)
      if (isNew) changes++
      if (record !== undefined) tell(`record of ${name}`, withoutMoments(record))
    },
    pod({ name, uid, revision, ready, failed, deleting }) {
      if (!pods.has(uid)) pods.set(uid, { name, said: new Set() })
      tellOnce(uid, `created on ${revision}`)
      if (ready) tellOnce(uid, 'ready')
      if (failed) tellOnce(uid, 'failed')
      if (deleting) tellOnce(uid, 'leaving')
    },
    claim({ name, deleting }) {
      tellOfClaim(name, deleting ? 'leaving' : 'there')
    },
    setGone: (name) => void tell(name, 'gone'),
    podGone(uid) {
      tellOnce(uid, 'leaving')
      tellOnce(uid, 'gone')
    },
    claimGone: (name) => tellOfClaim(name, 'gone'),
  }
}

/** The record with all that it says but times, and of snapshots not which, but that they are there. */
function withoutMoments(text: string): string {
  const parsed = parseRecord(text)
  if (!parsed.ok) return text
  const { rollout } = parsed.record
  return formatRecord({
    ...parsed.record,
    ...(rollout !== undefined && { rollout: { ...rollout, ...taken(rollout), at: { started: 0 } } }),
  })
}

function taken({ snapshots, restored }: Rollout): Pick<Rollout, 'snapshots' | 'restored'> {
  const named = (names: Names, word: string) =>
    Object.fromEntries(Object.keys(names).map((claim) => [claim, word]))
  return {
    ...(snapshots !== undefined && { snapshots: named(snapshots, 'taken') }),
    ...(restored !== undefined && { restored: named(restored, 'filled') }),
  }
}

/** Follows a simulated cluster: to be called after each move. */
export function follow(history: History, world: World): () => void {
  let before = { sets: new Set<string>(), pods: new Set<string>(), claims: new Set<string>() }
  return () => {
    const sets = Object.values(world.sets)
    for (const { ordinalsStart: start, record, ...set } of sets) history.set({ ...set, start, record })
    for (const pod of world.pods) {
      const { readySince, failure } = pod
      history.pod({ ...pod, ready: readySince !== undefined, failed: failure !== undefined })
    }
    for (const claim of world.claims) history.claim(claim)
    const now = {
      sets: new Set(sets.map(({ name }) => name)),
      pods: new Set(world.pods.map(({ uid }) => uid)),
      claims: new Set(world.claims.map(({ name }) => name)),
    }
    for (const name of left(before.sets, now.sets)) history.setGone(name)
    for (const uid of left(before.pods, now.pods)) history.podGone(uid)
    for (const name of left(before.claims, now.claims)) history.claimGone(name)
    before = now
  }
}

function left(before: ReadonlySet<string>, now: ReadonlySet<string>): readonly string[] {
  return [...before].filter((name) => !now.has(name))
}
