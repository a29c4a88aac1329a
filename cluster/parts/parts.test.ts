import { describe, expect, it } from 'vitest'

import type { Shape } from '../shape.ts'
import { allParts, followersOf, partNamed, partsNamed } from './parts.ts'

const SHAPES: readonly Shape[] = [
  { kind: 'real', nodes: 1 },
  { kind: 'real', nodes: 3 },
  { kind: 'fake', nodes: 5 },
]

describe.each(SHAPES)('in a cluster with $nodes $kind nodes', (shape) => {
  const parts = allParts(shape)
  const names = parts.map(({ name }) => name)

  it('every part is named once, and what a part needs is a part', () => {
    expect(new Set(names).size).toBe(names.length)
    expect(parts.flatMap(({ needs = [] }) => needs.filter((name) => !names.includes(name)))).toEqual([])
  })

  it('no two parts have the same place to answer on', () => {
    const places = parts
      .map(({ answers }) => answers)
      .filter(({ kind }) => kind !== 'api' && kind !== 'relay')
      .map((answers) => JSON.stringify(answers))

    expect(new Set(places).size).toBe(places.length)
  })

  it('everything but etcd, the relay and the nodes themselves follows etcd, through the API server', () => {
    const followers = followersOf(shape, partNamed(shape, 'etcd')).map(({ name }) => name)
    const others = names.filter((name) => !followers.includes(name))

    expect(followers[0]).toBe('kube-apiserver')
    expect(others.map((name) => name.replace(/@.*/, '')).sort()).toEqual(
      [
        'etcd',
        'relay',
        ...parts
          .filter(({ answers }) => answers.kind === 'socket' || answers.kind === 'runtime')
          .map(({ name }) => name),
      ]
        .map((name) => name.replace(/@.*/, ''))
        .sort(),
    )
  })
})

it('one node has plain names, a second one has its name behind those of its parts', () => {
  const shape: Shape = { kind: 'real', nodes: 2 }

  expect(partsNamed(shape, 'n1').map(({ name }) => name)).toEqual(['containerd', 'kubelet', 'csi-driver'])
  expect(partsNamed(shape, 'n2').map(({ name }) => name)).toEqual([
    'containerd@n2',
    'kubelet@n2',
    'csi-driver@n2',
  ])
  expect(partsNamed(shape, 'kubelet@n2').map(({ name }) => name)).toEqual(['kubelet@n2'])
})

it('answers an unknown name with the list of names', () => {
  expect(() => partsNamed({ kind: 'real', nodes: 1 }, 'kube-apiserve')).toThrow(
    /There is no part "kube-apiserve".*kube-apiserver.*csi-driver.*node stands for its parts: n1\./,
  )
  expect(() => partsNamed({ kind: 'fake', nodes: 1 }, 'kubelet')).toThrow(
    /There is no part "kubelet".*kwok, csi-driver, csi-provisioner\.$/,
  )
})
