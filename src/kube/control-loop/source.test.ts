import { expect, it } from 'vitest'
import type { Change } from '../cache/cache.ts'
import type { KubernetesObject, ObjectMeta } from '../object.ts'
import { resource } from '../resource.ts'
import { keysOfLabel, keysOfOwner, specChanged } from './source.ts'

const sets = resource({
  group: 'apps',
  version: 'v1',
  plural: 'statefulsets',
  kind: 'StatefulSet',
  namespaced: true,
})
const nodes = resource({ group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false })

function change(now: Partial<ObjectMeta>, before?: Partial<ObjectMeta>): Change<KubernetesObject> {
  const meta = { namespace: 'a', name: 'pod', uid: 'u', resourceVersion: '1' }
  return {
    type: 'modified',
    key: 'a/pod',
    initial: false,
    object: { metadata: { ...meta, ...now } },
    ...(before && { previous: { metadata: { ...meta, ...before } } }),
  }
}

function owned(apiVersion: string, kind: string, name: string, controller = true): Partial<ObjectMeta> {
  return { ownerReferences: [{ apiVersion, kind, name, uid: 'o', controller }] }
}

it.each<[string, Partial<ObjectMeta>, Partial<ObjectMeta> | undefined, string[]]>([
  ['the owner of that group and kind', owned('apps/v1', 'StatefulSet', 'x'), undefined, ['a/x']],
  ['the owner in another version', owned('apps/v1beta2', 'StatefulSet', 'x'), undefined, ['a/x']],
  ['nobody for another group', owned('example.com/v1', 'StatefulSet', 'x'), undefined, []],
  ['nobody for another kind', owned('apps/v1', 'ReplicaSet', 'x'), undefined, []],
  ['nobody for an owner that does not control', owned('apps/v1', 'StatefulSet', 'x', false), undefined, []],
  ['nobody without owners', {}, undefined, []],
  [
    'both where the owner changed',
    owned('apps/v1', 'StatefulSet', 'x'),
    owned('apps/v1', 'StatefulSet', 'y'),
    ['a/y', 'a/x'],
  ],
  ['the owner that was taken off', {}, owned('apps/v1', 'StatefulSet', 'x'), ['a/x']],
])('keysOfOwner: %s', (_title, now, before, keys) => {
  expect([...keysOfOwner(sets)(change(now, before))]).toEqual(keys)
})

it('keysOfOwner: a cluster-scoped owner by its name alone', () => {
  expect([...keysOfOwner(nodes)(change(owned('v1', 'Node', 'n')))]).toEqual(['n'])
})

it.each<[string, Partial<ObjectMeta>, Partial<ObjectMeta> | undefined, string[]]>([
  ['the object that the label names', { labels: { of: 'x' } }, undefined, ['a/x']],
  ['nobody for an empty one', { labels: { of: '' } }, undefined, []],
  ['both where it changed, each once', { labels: { of: 'x' } }, { labels: { of: 'y' } }, ['a/y', 'a/x']],
  ['one where it stayed', { labels: { of: 'x' } }, { labels: { of: 'x' } }, ['a/x']],
])('keysOfLabel: %s', (_title, now, before, keys) => {
  expect([...keysOfLabel('of')(change(now, before))]).toEqual(keys)
})

it('specChanged: by generation, and always without a state before', () => {
  expect(specChanged(change({ generation: 2 }, { generation: 1 }))).toBe(true)
  expect(specChanged(change({ generation: 2 }, { generation: 2 }))).toBe(false)
  expect(specChanged(change({ generation: 2 }))).toBe(true)
})
