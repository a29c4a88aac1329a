import { describe, expect, it } from 'vitest'
import { keyOf, refOf } from './object.ts'
import { type ResourcePath, resource, resourcePath } from './resource.ts'

const pods = resource({ group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true })
const sets = resource({
  group: 'apps',
  version: 'v1',
  plural: 'statefulsets',
  kind: 'StatefulSet',
  namespaced: true,
})
const nodes = resource({ group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false })

describe('resourcePath', () => {
  it.each([
    ['all pods', pods, {}, '/api/v1/pods'],
    ['the pods of a namespace', pods, { namespace: 'a' }, '/api/v1/namespaces/a/pods'],
    ['one pod', pods, { namespace: 'a', name: 'x' }, '/api/v1/namespaces/a/pods/x'],
    [
      'a status',
      sets,
      { namespace: 'a', name: 'x', subresource: 'status' },
      '/apis/apps/v1/namespaces/a/statefulsets/x/status',
    ],
    ['a cluster-scoped object, whatever namespace', nodes, { namespace: 'a', name: 'n' }, '/api/v1/nodes/n'],
    ['an odd name, encoded', nodes, { name: 'a/b' }, '/api/v1/nodes/a%2Fb'],
  ])('addresses %s', (_title, of, where: ResourcePath, expected) => {
    expect(resourcePath(of, where)).toBe(expected)
  })

  it('refuses a namespaced object without its namespace', () => {
    expect(() => resourcePath(pods, { name: 'x' })).toThrow('Pod x is addressed without its namespace')
  })
})

describe('keyOf and refOf', () => {
  it.each([
    ['a/b', { namespace: 'a', name: 'b' }],
    ['b', { name: 'b' }],
  ])('%s', (key, ref) => {
    expect(keyOf(ref)).toBe(key)
    expect(keyOf({ metadata: ref })).toBe(key)
    expect(refOf(key)).toEqual(ref)
  })
})
