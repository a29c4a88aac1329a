/** After a promotion nobody restores any more; the data as it was is still to be had by hand, as the guide has it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Manifest } from '../../src/kube/object.ts'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { repository } from '../harness/cluster.ts'
import { claims, isReady } from '../harness/objects.ts'
import { createRedisOn } from '../harness/plain-set.ts'
import { command, differences } from '../harness/redis.ts'
import {
  atRestOn,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  setImage,
} from '../harness/rollout.ts'
import { openSpace } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

const from = 'redis:7.0'
const to = 'redis:7.0.5'

test('what a replica had before a promotion is opened by a claim of its own, while it runs on', async () => {
  const space = await openSpace('by-hand')
  const { rest, namespace, seen } = space
  await deploy(space, { image: from, replicas: 2, volumes: { snapshot: { policy: 'Required' } } })
  await setImage(space, to)
  await canaryActive(space, to)
  await command(podNamed(seen, 'redis-canary-1'), 'SET', 'later', 'yes')
  await promote(space)
  await atRestOn(space, to)

  const columns = 'NAME:.metadata.name,CLAIM:.spec.source.persistentVolumeClaimName'
  const selected = ['volumesnapshots', '-n', namespace, '-l', 'canary.example.com/name=redis']
  const listed = await kubectlOutput(['get', ...selected, '--no-headers', '-o', `custom-columns=${columns}`])
  const names = new Map(
    listed
      .split('\n')
      .map((line) => line.split(/\s+/))
      .map(([name, of]) => [of, name]),
  )
  expect(new Set(names.keys())).toEqual(new Set(['data-redis-stable-0', 'data-redis-stable-1']))
  const name = names.get('data-redis-stable-1')
  const example = parse(
    readFileSync(join(repository, 'examples', 'claim-from-snapshot.yaml'), 'utf8'),
  ) as Manifest & { readonly spec: { readonly dataSource: object } }
  const { metadata, spec } = example
  await rest.create(claims, {
    ...example,
    metadata: { ...metadata, namespace },
    spec: { ...spec, dataSource: { ...spec.dataSource, name } },
  } as Manifest)
  const claim = metadata.name ?? ''
  await createRedisOn(space, claim, from)
  await until(space, 'a Redis on that claim is ready', () => isReady(seen.pod(`on-${claim}`)))

  const reader = podNamed(seen, `on-${claim}`)
  expect(await differences(reader, 'redis-stable-1')).toEqual([])
  expect(await command(podNamed(seen, 'redis-stable-1'), 'DEL', 'later')).toBe(1)
  await expectAllData(space)
})
