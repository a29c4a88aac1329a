/**
 * Garbage where the operator reads: in the annotations by which people ask for something, in its record, in the mark of the
 * canary set and in the status. Each is said, or put right, and no pod is touched for it.
 */
import { expect, test } from 'vitest'
import { bringGuardBack, liftGuard } from '../harness/by-hand.ts'
import { type CanaryStatefulSet, canaryStatefulSets, conditionOf, statefulSets } from '../harness/objects.ts'
import {
  atRestOn,
  boundClaims,
  canaryActive,
  deploy,
  expectAllData,
  promote,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { followEvents } from '../harness/told.ts'
import { until } from '../harness/wait.ts'

const old = 'redis:7.0'
const next = 'redis:7.0.5'
const prefix = 'canary.example.com/'

test('in what people ask for: removed with a word why, at rest and while a canary waits', async () => {
  const space = await openSpace('garbage-asked')
  const { seen } = space
  const told = await followEvents(space)
  await deploy(space, { image: old, replicas: 2 })
  const atRest = inventory(space)
  await ask(space, { promote: 'maybe', abort: '{}', retry: '', force: 'nonsense', whatever: 'stays' })
  await told.until('ApprovalIgnored', `${prefix}promote=maybe was removed: no canary waits for approval`)
  await told.until('AbortIgnored', `${prefix}abort={} was removed: no rollout is under way`)
  await told.until('RetryIgnored', `${prefix}retry= was removed: the spec asks for no rejected version`)
  await told.until('ForceIgnored', `${prefix}force=nonsense was removed`)
  await onlyLeft(space, 'whatever')
  expect(inventory(space)).toEqual(atRest)

  await setImage(space, next)
  await canaryActive(space, next)
  const active = inventory(space)
  await ask(space, { promote: 'yes', abort: 'no', retry: '1', force: '0000000000' })
  await told.until(
    'ApprovalIgnored',
    `${prefix}promote=yes was removed: the canary that waits is approved with`,
  )
  await told.until('AbortIgnored', `${prefix}abort=no was removed: the rollout is aborted with true`)
  await told.until('RetryIgnored', `${prefix}retry=1 was removed`)
  await told.until('ForceIgnored', `${prefix}force=0000000000 was removed`)
  await onlyLeft(space, 'whatever')
  expect(inventory(space)).toEqual(active)
  expect(seen.resource()?.status?.phase).toBe('CanaryActive')
  await expectPromoted(space)
})

test('in the record: nothing is touched until it is put back, and then the rollout goes on', async () => {
  const space = await openSpace('garbage-record')
  const { seen } = space
  await deploy(space, { image: old, replicas: 2 })
  await setImage(space, next)
  await canaryActive(space, next)
  const active = inventory(space)
  const record = seen.set('redis-stable')?.metadata.annotations?.[`${prefix}rollout`]
  if (record === undefined) throw new Error('the stable set has no record')
  const garbage: readonly (readonly [text: string | null, problem: string])[] = [
    [null, 'it is missing'],
    ['garbage', 'it is not JSON'],
    ['[]', 'it is not a JSON object'],
    [
      record.replace(/"version":\d+/, '"version":99'),
      'a newer operator wrote it, run that one again: its version is 99, and this one reads',
    ],
    [record.replace('"proven":true', '"proven":"yes"'), 'proven is missing or ill-typed'],
    [record.replace('"touched":1', '"touched":9'), 'rollout.touched exceeds rollout.replicas'],
  ]

  await liftGuard(space)
  for (const [text, problem] of garbage) {
    await annotateSet(space, 'redis-stable', 'rollout', text)
    await until(space, `the record is said to be wrong: ${problem}`, () => {
      const { reason, message } = conditionOf(seen.resource(), 'Stalled') ?? {}
      return reason === 'RecordUnreadable' && message?.includes(`cannot be read (${problem}`)
    })
    expect(inventory(space), problem).toEqual(active)
  }
  await stalled(space, 'RecordUnreadable')
  await promote(space)
  await annotateSet(space, 'redis-stable', 'rollout', record)
  await bringGuardBack(space)
  await atRestOn(space, next)
  await expectAllData(space)
})

test('in the mark of the canary set: it is made anew', async () => {
  const space = await openSpace('garbage-mark')
  const { seen } = space
  await deploy(space, { image: old, replicas: 2 })
  await setImage(space, next)
  await canaryActive(space, next)
  const uid = seen.set('redis-canary')?.metadata.uid
  await liftGuard(space)
  await annotateSet(space, 'redis-canary', 'attempt', 'x')
  await until(space, 'the canary set is another one', () => {
    const set = seen.set('redis-canary')
    return set !== undefined && set.metadata.uid !== uid
  })
  await bringGuardBack(space)
  await canaryActive(space, next)
  await expectPromoted(space)
})

test('in the status: it is written anew, and decides nothing', async () => {
  const space = await openSpace('garbage-status')
  const { rest, seen, namespace } = space
  await deploy(space, { image: old, replicas: 2 })
  const [before, status] = [inventory(space), statusOf(space)]
  const lie = {
    phase: 'Terminating',
    message: 'nonsense',
    waiting: { for: 'nothing', since: '1970-01-01T00:00:00Z' },
    observedGeneration: 99,
    targetRevision: 'x',
    stableRevision: 'y',
    canaryRevision: 'z',
    replicas: 99,
    stableReplicas: 0,
    readyReplicas: 0,
    selector: 'a=b',
    images: { stable: 'a', canary: 'b' },
    conditions: [
      {
        type: 'Stalled',
        status: 'True',
        reason: 'Lie',
        message: '',
        lastTransitionTime: '1970-01-01T00:00:00Z',
      },
    ],
  }
  for (const value of [lie, {}]) {
    const operations = [{ op: 'replace', path: '/status', value }] as const
    const written = await rest.patch<CanaryStatefulSet>(
      canaryStatefulSets,
      { namespace, name: 'redis' },
      { type: 'json', operations },
      { subresource: 'status' },
    )
    await until(space, 'the status is written anew', () => {
      const version = seen.resource()?.metadata.resourceVersion
      return BigInt(version ?? 0) > BigInt(written.object.metadata.resourceVersion) && seen.resource()
    })
    expect(statusOf(space)).toEqual(status)
    expect(inventory(space)).toEqual(before)
  }
  await expectAllData(space)
})

function ask(space: Space, values: Readonly<Record<string, string>>): Promise<unknown> {
  const annotations = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`${prefix}${name}`, value]),
  )
  return changeResource(space, { metadata: { annotations } })
}

async function onlyLeft(space: Space, name: string): Promise<void> {
  await until(space, `no annotation but ${name} is left`, ({ resource }) => {
    return Object.keys(resource()?.metadata.annotations ?? {}).join() === `${prefix}${name}`
  })
}

async function annotateSet(space: Space, name: string, mark: string, value: string | null): Promise<void> {
  const body = { metadata: { annotations: { [`${prefix}${mark}`]: value } } }
  await space.rest.patch(statefulSets, { namespace: space.namespace, name }, { type: 'merge', body })
}

async function expectPromoted(space: Space): Promise<void> {
  await promote(space)
  await atRestOn(space, next)
  await expectAllData(space)
}

/** Without moments. */
function statusOf({ seen }: Space) {
  const { conditions, ...status } = seen.resource()?.status ?? {}
  const said = conditions?.map(({ type, reason, message, ...rest }) => [type, rest.status, reason, message])
  return { ...status, said }
}

/** What garbage must leave as it is. */
function inventory({ seen }: Space) {
  return {
    ready: conditionOf(seen.resource(), 'Ready')?.status,
    sets: seen.sets().map(({ metadata }) => [metadata.name, metadata.uid, metadata.generation]),
    pods: seen.pods().map(({ metadata }) => metadata.uid),
    claims: boundClaims(seen),
  }
}
