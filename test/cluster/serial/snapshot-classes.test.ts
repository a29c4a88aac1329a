/** Which class is right is not guessed: the classes of the cluster's driver, changed for everybody. */
import { expect, onTestFinished, test } from 'vitest'
import type { Manifest } from '../../../src/kube/object.ts'
import { volumeSnapshotClasses } from '../../harness/objects.ts'
import { firstMoment } from '../../harness/pod-history.ts'
import { atRestOn, canaryActive, deploy, expectAllData, setImage } from '../../harness/rollout.ts'
import {
  createSnapshotClass,
  deleteSnapshotClass,
  markDefault,
  snapshotsOf,
  usualClass,
} from '../../harness/snapshot-classes.ts'
import { changeResource, openSpace, type Space } from '../../harness/space.ts'
import { until } from '../../harness/wait.ts'

const from = 'redis:7.0'
const to = 'redis:7.0.5'

test('two classes, none or both of them the default: no rollout, until one is', async () => {
  const space = await openSpace('ambiguous')
  const other = await createSnapshotClass(space, 'another')
  const both = [other, usualClass].join(', ')
  onTestFinished(() => markDefault(space, usualClass, true))
  await deploy(space, { image: from, replicas: 2, volumes: { snapshot: { policy: 'Auto' } } })

  await markDefault(space, usualClass, false)
  await setImage(space, to)
  await refused(space, `several VolumeSnapshotClasses, none of them the default: ${both}`)
  await markDefault(space, usualClass, true)
  await markDefault(space, other, true)
  await refused(space, `several default VolumeSnapshotClasses: ${both}`)
  expect(firstMoment(space.seen.podHistory, ({ image }) => image === to)).toBe(-1)

  await markDefault(space, usualClass, false)
  await canaryActive(space, to, { within: 120 })
  const [taken] = await snapshotsOf(space)
  expect(taken?.spec.volumeSnapshotClassName).toBe(other)
})

test('a driver without a class: no rollout where one is required, one without a way back where it is not', async () => {
  const space = await openSpace('classless')
  const { seen } = space
  await withoutUsualClass(space)
  await deploy(space, { image: from, replicas: 2, volumes: { snapshot: { policy: 'Required' } } })
  await setImage(space, to)
  await refused(space, 'has no VolumeSnapshotClass')
  expect(firstMoment(seen.podHistory, ({ image }) => image === to)).toBe(-1)

  await changeResource(space, { spec: { volumes: { snapshot: { policy: 'Auto' } } } })
  const active = await canaryActive(space, to)
  expect(active.status?.rollback).toEqual({ possible: false, reason: 'NoSnapshots' })
  await setImage(space, from)
  await atRestOn(space, from)
  await expectAllData(space)
})

function refused(space: Space, words: string): Promise<unknown> {
  return until(
    space,
    `the rollout is refused: ${words}`,
    ({ resource }) =>
      resource()?.status?.conditions?.some(
        ({ reason, message }) => reason === 'SnapshotsRefused' && message.includes(words),
      ),
    { within: 120 },
  )
}

async function withoutUsualClass(space: Space): Promise<void> {
  const { rest } = space
  const { metadata, driver, deletionPolicy } = await rest.get(volumeSnapshotClasses, { name: usualClass })
  const { name, annotations } = metadata
  const manifest = { metadata: { name, annotations }, driver, deletionPolicy } as Manifest
  onTestFinished(async () => void (await rest.create(volumeSnapshotClasses, manifest)))
  await deleteSnapshotClass(space, name)
}
