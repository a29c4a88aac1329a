/** On which node the volume of a claim is made again. */
import { describe, expect, it } from 'vitest'
import type { ListOptions, Rest } from '../kube/client/rest.ts'
import { placeOf } from './place-of.ts'
import type { RawNode, RawNodeTerm, RawVolume } from './resources.ts'

const zone = 'topology.example.org/zone'

function node(name: string, at: string, { ready = true, cordoned = false } = {}): RawNode {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { [zone]: at }, uid: name, resourceVersion: '1' },
    spec: { unschedulable: cordoned },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }] },
  }
}

function volume(...nodeSelectorTerms: RawNodeTerm[]): Pick<RawVolume, 'spec'> {
  return { spec: { nodeAffinity: { required: { nodeSelectorTerms } } } }
}

function inZone(...values: string[]): RawNodeTerm {
  return { matchExpressions: [{ key: zone, operator: 'In', values }] }
}

/** Knows selectors of the form that is asked with, and no other. */
function cluster(...all: RawNode[]): { readonly rest: Rest; readonly asked: string[] } {
  const asked: string[] = []
  const list = async (_: unknown, { labelSelector = '' }: ListOptions) => {
    asked.push(labelSelector)
    const [, key = '', values = ''] = /^(\S+) in \((.*)\)$/.exec(labelSelector) ?? []
    const items = all.filter(({ metadata }) => values.split(',').includes(metadata.labels?.[key] ?? ''))
    return { items, resourceVersion: '1' }
  }
  return { rest: { list } as unknown as Rest, asked }
}

describe('the node', () => {
  const cordoned = node('cordoned', 'a', { cordoned: true })
  const silent = node('silent', 'a', { ready: false })

  it.each([
    ['is one of the zone', [node('n1', 'a'), node('n2', 'b')], volume(inZone('b')), 'n2'],
    ['is one that takes pods, if there is one', [cordoned, node('n2', 'a')], volume(inZone('a')), 'n2'],
    ['may be cordoned, where nobody else is left', [silent, cordoned], volume(inZone('a')), 'cordoned'],
    [
      'is of the next term, where the first has none',
      [node('n2', 'b')],
      volume(inZone('a'), inZone('b')),
      'n2',
    ],
    ['is left to the scheduler, where the zone is lost', [silent], volume(inZone('a')), undefined],
    [
      'is left to the scheduler, where labels alone do not tell',
      [node('n1', 'a')],
      volume({ matchExpressions: [{ key: zone, operator: 'Gt', values: ['1'] }] }),
      undefined,
    ],
    ['is left to the scheduler, where a term says nothing', [node('n1', 'a')], volume({}), undefined],
  ])('%s', async (_, nodes, of, expected) => {
    const named = expected === undefined ? {} : { 'volume.kubernetes.io/selected-node': expected }
    expect(await placeOf(cluster(...nodes).rest, of, {})).toEqual(named)
  })

  it('is not asked for where the volume can be reached from everywhere', async () => {
    const { rest, asked } = cluster(node('n1', 'a'))
    expect(await placeOf(rest, { spec: {} }, {})).toEqual({})
    expect(asked).toEqual([])
  })

  it('is asked for by all expressions of a term at once', async () => {
    const { rest, asked } = cluster()
    const [zoned] = inZone('a', 'b').matchExpressions ?? []
    const rack = { key: 'rack', operator: 'In', values: ['7'] }
    await placeOf(rest, volume({ matchExpressions: [...(zoned ? [zoned] : []), rack] }), {})
    expect(asked).toEqual([`${zone} in (a,b),rack in (7)`])
  })
})
