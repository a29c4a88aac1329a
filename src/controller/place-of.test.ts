/** On which node the volume of a claim is made again. */
import { describe, expect, it } from 'vitest'
import type { ListOptions, Rest } from '../kube/client/rest.ts'
import { placeOf } from './place-of.ts'
import type { RawNode, RawNodeTerm, RawVolume } from './resources.ts'

const zone = 'topology.example.org/zone'

const driver = 'disk.example.org'

interface Differences {
  readonly ready?: boolean
  readonly cordoned?: boolean
  /** Text of the annotation in which its kubelet says what the drivers call it. */
  readonly ids?: string
}

function node(name: string, at: string, differences: Differences = {}): RawNode {
  const { ready = true, cordoned = false, ids = JSON.stringify({ [driver]: name }) } = differences
  const annotations = { 'csi.volume.kubernetes.io/nodeid': ids }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { [zone]: at }, annotations, uid: name, resourceVersion: '1' },
    spec: { unschedulable: cordoned },
    status: { conditions: [{ type: 'Ready', status: ready ? 'True' : 'Unknown' }] },
  }
}

function volume(...nodeSelectorTerms: RawNodeTerm[]): Pick<RawVolume, 'spec'> {
  return { spec: { csi: { driver }, nodeAffinity: { required: { nodeSelectorTerms } } } }
}

function inZone(...values: string[]): RawNodeTerm {
  return { matchExpressions: [{ key: zone, operator: 'In', values }] }
}

/** Knows selectors of the forms that are asked with, and no other. */
function cluster(...all: RawNode[]): { readonly rest: Rest; readonly asked: ListOptions[] } {
  const asked: ListOptions[] = []
  const list = async (_: unknown, options: ListOptions) => {
    asked.push(options)
    const [, key = '', values = ''] = /^(\S+) in \((.*)\)$/.exec(options.labelSelector ?? '') ?? []
    const name = options.fieldSelector?.replace('metadata.name=', '')
    const found = all.filter(({ metadata }) =>
      name === undefined ? values.split(',').includes(metadata.labels?.[key] ?? '') : metadata.name === name,
    )
    const items = options.metadataOnly ? found.map(({ metadata }) => ({ metadata })) : found
    return { items, resourceVersion: '1' }
  }
  return { rest: { list } as unknown as Rest, asked }
}

describe('the node', () => {
  const cordoned = node('cordoned', 'a', { cordoned: true })
  const silent = node('silent', 'a', { ready: false })
  const without = node('without', 'a', { ids: '{"other.example.org":"7"}' })

  it.each([
    ['is one of the zone', [node('n1', 'a'), node('n2', 'b')], volume(inZone('b')), 'n2'],
    ['is one that takes pods, if there is one', [cordoned, node('n2', 'a')], volume(inZone('a')), 'n2'],
    ['may be cordoned, where nobody else is left', [silent, cordoned], volume(inZone('a')), 'cordoned'],
    ['is one where the driver runs', [without, node('n2', 'a')], volume(inZone('a')), 'n2'],
    ['may be cordoned, where the driver runs', [without, cordoned], volume(inZone('a')), 'cordoned'],
    [
      'is left to the scheduler, where the driver runs on nodes only that are not ready',
      [without, silent],
      volume(inZone('a')),
      undefined,
    ],
    ['is any, where none says that the driver runs on it', [without], volume(inZone('a')), 'without'],
    [
      'is any, where what they say cannot be read',
      [node('n1', 'a', { ids: '{' }), node('n2', 'a', { ids: 'null' })],
      volume(inZone('a')),
      'n1',
    ],
    [
      "is any, where the volume is no CSI driver's",
      [without],
      { spec: { nodeAffinity: { required: { nodeSelectorTerms: [inZone('a')] } } } },
      'without',
    ],
    [
      'is left to the scheduler, where the first twenty are not ready',
      [
        ...Array.from({ length: 20 }, (_, index) => node(`s${index}`, 'a', { ready: false })),
        node('n2', 'a'),
      ],
      volume(inZone('a')),
      undefined,
    ],
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
    expect(asked).toEqual([{ labelSelector: `${zone} in (a,b),rack in (7)`, metadataOnly: true }])
  })

  it('is read in full, and of the others the metadata only', async () => {
    const { rest, asked } = cluster(node('n1', 'a'), node('n2', 'a'))
    await placeOf(rest, volume(inZone('a')), { timeoutMs: 7 })
    expect(asked).toEqual([
      { labelSelector: `${zone} in (a)`, metadataOnly: true, timeoutMs: 7 },
      { fieldSelector: 'metadata.name=n1', timeoutMs: 7 },
    ])
  })
})
