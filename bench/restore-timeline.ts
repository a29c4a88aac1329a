/** The milestones of a rollback that restores, from the word until the replicas are Ready on the version before. */
import type { Watched } from '../test/harness/watched.ts'
import { act, areReady, cluster, type Milestone, ordinals, type Shape } from './rollout-timeline.ts'

/** From the top, as they are restored. */
export function displacedClaims({ name, replicas, canaries }: Shape): readonly string[] {
  return Array.from({ length: canaries }, (_, index) => `data-${name}-stable-${replicas - 1 - index}`)
}

/** Where the parts end that people ask for: the canary, the claims, the replicas. */
export const stations = ['canary gone', 'replicas back', 'ready'] as const

export function rollback(seen: Watched, shape: Shape): readonly Milestone[] {
  const { name, replicas, canaries, from } = shape
  const stable = `${name}-stable`
  const claims = displacedClaims(shape)
  const before = new Map(claims.map((claim) => [claim, seen.claim(claim)?.metadata.uid]))
  const isLeft = (claim: string) => seen.claim(claim)?.metadata.uid === before.get(claim)
  const isLeaving = (claim: string) =>
    !isLeft(claim) || seen.claim(claim)?.metadata.deletionTimestamp !== undefined
  return [
    act('emptied', () => (seen.set(`${name}-canary`)?.spec.replicas ?? 0) === 0),
    cluster('canary gone', () => ordinals(seen, `${name}-canary`).length === 0),
    ...claims.flatMap((claim) => [
      act(`${claim} deleted`, () => isLeaving(claim)),
      cluster(`${claim} gone`, () => !isLeft(claim)),
      act(`${claim} made`, () => !isLeft(claim) && seen.claim(claim) !== undefined),
    ]),
    act('replicas back', () => seen.set(stable)?.spec.replicas === replicas),
    cluster('ready', () => areReady(seen, { ...shape, to: from }, stable, replicas - canaries)),
  ]
}
