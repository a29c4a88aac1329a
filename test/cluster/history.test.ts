/** Stored revisions: the oldest beyond the limit go, and one that stays is gone back to. */
import { expect, test } from 'vitest'
import { labels } from '../../src/api/v1alpha1/constants.ts'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { controllerRevisions } from '../../src/controller/resources.ts'
import { atRestOn, deploy, expectAllData } from '../harness/rollout.ts'
import { changeResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const image = 'redis:7.0'

test('the oldest stored revisions beyond the limit are deleted, and one within it is run again', async () => {
  const space = await openSpace('history')
  await deploy(space, { image, replicas: 1 })
  await changeResource(space, { spec: { canaryReplicas: 0, template: { revisionHistoryLimit: 1 } } })
  await rollOut(space, '1')
  const kept = await rollOut(space, '2')
  const newest = await rollOut(space, '3')

  expect(await storedRevisions(space)).toEqual([kept, newest])
  expect(await rollOut(space, '2')).toBe(kept)
  expect(await storedRevisions(space)).toEqual([newest, kept])
  await expectAllData(space)
})

test('a stored revision takes a strategic merge patch, with which owner references are taken off, whatever the template says', async () => {
  const space = await openSpace('history-patch')
  const odd = 'test "<a>" != b && echo \u2028 \u{1f600} 1e21'
  const template = { metadata: { annotations: { 'example.com/odd': odd } } }
  await deploy(space, { image, replicas: 1 })
  const first = targetOf(space)
  await changeResource(space, { spec: { canaryReplicas: 0, template: { template } } })
  await until(
    space,
    'the version runs',
    ({ resource }) =>
      resource()?.status?.phase === 'Stable' &&
      resource()?.spec.template.template.metadata?.annotations?.['example.com/odd'] === odd &&
      targetOf(space) !== first,
  )
  const revision = `redis-${targetOf(space)}`
  await kubectlOutput(['label', 'controllerrevision', revision, 'seen=true', '--namespace', space.namespace])
})

/** The template with another annotation, everywhere; returns its revision. */
async function rollOut(space: Space, version: string): Promise<string> {
  const { seen } = space
  const before = targetOf(space)
  const annotations = { 'example.com/version': version }
  await changeResource(space, { spec: { template: { template: { metadata: { annotations } } } } })
  await until(space, 'the version is wanted', () => targetOf(space) !== before)
  await atRestOn(space, image)
  await until(space, 'it runs', () =>
    seen.pods().every(({ metadata }) => metadata.labels?.[labels.revision] === targetOf(space)),
  )
  await atRestOn(space, image)
  return targetOf(space)
}

function targetOf({ seen }: Space): string {
  return seen.resource()?.status?.targetRevision ?? ''
}

/** In the order of their numbers. */
async function storedRevisions({ rest, namespace }: Space): Promise<readonly unknown[]> {
  const labelSelector = `${labels.name}=redis,!${labels.role}`
  const { items } = await rest.list(controllerRevisions, { namespace, labelSelector })
  const ordered = items.toSorted((one, other) => one.revision - other.revision)
  return ordered.map(({ metadata }) => metadata.labels?.[labels.revision])
}
