/**
 * Managed sets that people edit with the guard lifted: what they changed is put back, an event says what it was and whose,
 * and nothing is lost. What no label of a set shows, such as another image, is found all the same.
 */
import { expect, test } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { bringGuardBack, liftGuard } from '../harness/by-hand.ts'
import type { StatefulSet } from '../harness/objects.ts'
import { startOperator } from '../harness/operator.ts'
import { sharedClaims } from '../harness/pod-history.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  promote,
  setImage,
} from '../harness/rollout.ts'
import { openSpace, type Space } from '../harness/space.ts'
import { followEvents } from '../harness/told.ts'
import { until } from '../harness/wait.ts'

const old = 'redis:7.0'
const next = 'redis:7.0.5'

interface Edit {
  readonly command: string
  /** Who changed what, as the event says it. */
  readonly words: string
  /** What is not to be found in the set any more. */
  readonly trace: string
}

const strategicPatch = (spec: object) => `patch statefulset/redis-stable --patch=${JSON.stringify({ spec })}`

const edits: readonly Edit[] = [
  {
    command: `set image statefulset/redis-stable redis=${next}`,
    words: 'kubectl-set (template)',
    trace: next,
  },
  {
    command: 'rollout restart statefulset/redis-stable',
    words: 'kubectl-rollout (template)',
    trace: 'restartedAt',
  },
  {
    command: 'scale statefulset/redis-stable --replicas=3',
    words: 'kubectl (replicas)',
    trace: '"replicas":3',
  },
  {
    command: strategicPatch({ persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' } }),
    words: 'kubectl-patch (persistentVolumeClaimRetentionPolicy)',
    trace: '"Delete"',
  },
  {
    command: strategicPatch({ updateStrategy: { type: 'OnDelete', rollingUpdate: null } }),
    words: 'kubectl-patch (updateStrategy)',
    trace: 'OnDelete',
  },
  {
    command: strategicPatch({ ordinals: { start: 1 } }),
    words: 'kubectl-patch (ordinals)',
    trace: '"start":1',
  },
]

test('edits of the stable set are put back and said, and one that was undone by hand starts nothing', async () => {
  const space = await openSpace('edits')
  const { seen } = space
  const told = await followEvents(space)
  const operator = await deploy(space, { image: old, replicas: 2 })
  const claims = boundClaims(seen)
  await liftGuard(space)
  for (const { command, words, trace } of edits) {
    await byHand(space, command)
    await told.until('PutBack', `StatefulSet redis-stable was changed by ${words}, and that was put back`)
    await until(space, `${command} is put back`, () => !specOf(space, 'redis-stable').includes(trace))
    await atRestOn(space, old, { within: 90 })
  }
  await expectAllData(space)

  await operator.stop()
  await byHand(space, `set image statefulset/redis-stable redis=${next}`)
  await byHand(space, `set image statefulset/redis-stable redis=${old}`)
  await startOperator(space)
  await until(space, 'no field of the set is said to be of somebody else', () => {
    return !JSON.stringify(setOf(space, 'redis-stable').metadata).includes('kubectl-set')
  })
  await atRestOn(space, old, { within: 90 })
  await bringGuardBack(space)
  await setImage(space, next)
  await canaryActive(space, next)
  await promote(space)
  await atRestOn(space, next)
  await expectAllData(space)
  // The scaling left the claim of a replica that is no more.
  expect(boundClaims(seen)).toEqual(expect.arrayContaining([...claims]))
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

test('an edited canary is not what a person approves: it is made anew', async () => {
  const space = await openSpace('edited-canary')
  const { seen } = space
  const told = await followEvents(space)
  await deploy(space, { image: old, replicas: 2 })
  const claims = boundClaims(seen)
  await setImage(space, next)
  await canaryActive(space, next)
  await liftGuard(space)
  const { uid } = setOf(space, 'redis-canary').metadata

  await byHand(space, 'set env statefulset/redis-canary BY_HAND=1')
  await told.until(
    'PutBack',
    'StatefulSet redis-canary was changed by kubectl-set (template), and that was put back',
  )
  await until(space, 'the canary set is another one', () => {
    const set = seen.set('redis-canary')
    return set !== undefined && set.metadata.uid !== uid
  })
  expect(specOf(space, 'redis-canary')).not.toContain('BY_HAND')
  await canaryActive(space, next)
  await bringGuardBack(space)
  await promote(space)
  await atRestOn(space, next)
  await expectAllData(space)
  expect(boundClaims(seen)).toEqual(claims)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

async function byHand({ namespace }: Space, command: string): Promise<void> {
  await kubectlOutput([...command.split(' '), '--namespace', namespace])
}

function setOf({ seen }: Space, name: string): StatefulSet {
  const set = seen.set(name)
  if (set === undefined) throw new Error(`there is no StatefulSet ${name}`)
  return set
}

function specOf(space: Space, name: string): string {
  return JSON.stringify(setOf(space, name).spec)
}
