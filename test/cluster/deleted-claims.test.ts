/**
 * Claims that are deleted by hand in the middle of a rollout, with the guard lifted: Kubernetes keeps one for as long as
 * a pod runs on it, so the operator takes none away, and says what a person can do. We do just that.
 */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { bringGuardBack, liftGuard } from '../harness/by-hand.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import { command, differences } from '../harness/redis.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  podNamed,
  promote,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const old = 'redis:7.0'
const next = 'redis:7.0.5'

test("the canary's: neither a promotion nor a rollback takes the canary away, and its claim comes back empty", async () => {
  const space = await openSpace('claim-of-canary')
  const { seen } = space
  await deploy(space, { image: old })
  const claims = boundClaims(seen)
  await setImage(space, next)
  await canaryActive(space, next)
  const { uid } = podNamed(seen, 'redis-canary-2').metadata

  await liftGuard(space)
  await remove(space, 'pvc', 'data-redis-stable-2')
  expect(await stalled(space, 'ClaimDeleting')).toContain(
    'Claim data-redis-stable-2 is being deleted and only its pod redis-canary-2 still keeps the data',
  )
  await promote(space)
  await setImage(space, old)
  await until(space, 'the rollback waits as well', () => {
    const { status } = seen.resource() ?? {}
    return status?.phase === 'RollingBack' && status.waiting?.for === 'ClaimDeleting'
  })
  expect(podNamed(seen, 'redis-canary-2').metadata.uid).toBe(uid)
  expect(seen.set('redis-stable')?.spec.replicas).toBe(2)
  expect(await differences(podNamed(seen, 'redis-canary-2'), 'redis-stable-2')).toEqual([])

  await remove(space, 'pod', 'redis-canary-2')
  await atRestOn(space, old)
  await expectEmpty(space, 'redis-stable-2')
  await expectKept(space, claims, ['redis-stable-0', 'redis-stable-1'])
})

test("the canary's, and what the status says is done to the letter: the rollout is taken back by itself", async () => {
  const space = await openSpace('claim-let-go')
  await deploy(space, { image: old, replicas: 2 })
  const claims = boundClaims(space.seen)
  await setImage(space, next)
  await canaryActive(space, next)
  await liftGuard(space)
  await remove(space, 'pvc', 'data-redis-stable-1')
  expect(await stalled(space, 'ClaimDeleting')).toContain(
    'delete that pod yourself: the rollout is taken back, and the replica comes back empty',
  )

  await remove(space, 'pod', 'redis-canary-1')
  await stalled(space, 'RevisionRejected')
  await atRestOn(space, old)
  await expectEmpty(space, 'redis-stable-1')
  await expectKept(space, claims, ['redis-stable-0'])
})

test("a stable replica's, half-way through a promotion: it is not moved until a person has let the claim go", async () => {
  const space = await openSpace('claim-of-stable')
  const { seen } = space
  await deploy(space, { image: old })
  const claims = boundClaims(seen)
  await setImage(space, next)
  await canaryActive(space, next)
  await liftGuard(space)
  await remove(space, 'pvc', 'data-redis-stable-0')
  await promote(space)
  const sentence = await stalled(space, 'ClaimDeleting')
  expect(sentence).toContain('its pod redis-stable-0 still keeps the data')
  expect(await differences(podNamed(seen, 'redis-stable-0'), 'redis-stable-0')).toEqual([])
  expect(seen.set('redis-canary')?.spec.replicas).toBe(1)

  await remove(space, 'pod', 'redis-stable-0')
  await until(space, 'the promotion is decided', () => seen.resource()?.status?.phase === 'Promoting')
  await changeResource(space, { spec: { paused: true } })
  await until(space, 'the promotion holds before the second replica', () => {
    const { status } = seen.resource() ?? {}
    return status?.waiting?.for === 'RolloutPaused' && status.phase === 'Promoting'
  })
  await remove(space, 'pvc', 'data-redis-stable-1')
  await changeResource(space, { spec: { paused: false } })
  expect(await stalled(space, 'ClaimDeleting')).toContain('its pod redis-stable-1 still keeps the data')
  expect(await differences(podNamed(seen, 'redis-stable-1'), 'redis-stable-1')).toEqual([])

  await remove(space, 'pod', 'redis-stable-1')
  await bringGuardBack(space)
  await atRestOn(space, next, { within: 90 })
  await expectEmpty(space, 'redis-stable-0')
  await expectEmpty(space, 'redis-stable-1')
  await expectKept(space, claims, ['redis-stable-2'])
})

async function remove({ namespace }: Space, kind: 'pvc' | 'pod', name: string): Promise<void> {
  await kubectlOutput(['delete', kind, name, '--wait=false', '--namespace', namespace])
}

async function expectEmpty({ seen }: Space, name: string): Promise<void> {
  expect(await command(podNamed(seen, name), 'DBSIZE')).toBe(0)
}

/** These replicas have their data, on the claims that they had before; no two pods were ever on one claim. */
async function expectKept({ seen }: Space, before: readonly string[], names: readonly string[]) {
  for (const name of names) {
    expect(await differences(podNamed(seen, name), name)).toEqual([])
    const isOf = (claim: string) => claim.startsWith(`data-${name} `)
    expect(boundClaims(seen).filter(isOf)).toEqual(before.filter(isOf))
  }
  expect(sharedClaims(seen.podHistory)).toEqual([])
}
