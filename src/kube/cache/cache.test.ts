import { describe, expect, it } from 'vitest'
import { type Change, createCache, type OwnWrite } from './cache.ts'
import type { KubernetesObject } from '../object.ts'
import { resource } from '../resource.ts'

interface Pod extends KubernetesObject {
  readonly spec?: { readonly claims: readonly string[] }
}
const pods = resource<Pod>({ group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true })

function pod(
  key: string,
  version: number,
  more: { uid?: string; claims?: string[]; deleting?: boolean } = {},
): Pod {
  const [namespace = '', name = ''] = key.split('/')
  const { uid = `uid-${name}`, claims = [], deleting } = more
  const metadata = {
    namespace,
    name,
    uid,
    resourceVersion: String(version),
    managedFields: [{ manager: 'x' }],
  }
  return {
    metadata: deleting ? { ...metadata, deletionTimestamp: '2030-01-01T00:00:00Z' } : metadata,
    spec: { claims },
  }
}

function podCache() {
  return createCache<Pod>(pods, {
    indexes: {
      claim: ({ metadata, spec }) => (spec?.claims ?? []).map((claim) => `${metadata.namespace}/${claim}`),
    },
  })
}

function listed(cache: ReturnType<typeof podCache>, version: number, ...items: readonly Pod[]): void {
  cache.feed.replace(
    items.map((each) => cache.feed.decode(each)),
    String(version),
  )
}

function changesOf(cache: ReturnType<typeof podCache>): string[] {
  const told: string[] = []
  cache.onChange(({ type, key, object, previous }: Change<Pod>) => {
    const versions = [previous?.metadata.resourceVersion, object.metadata.resourceVersion].filter(Boolean)
    told.push(`${type} ${key} ${versions.join('->')}`)
  })
  return told
}

function isSeen(cache: ReturnType<typeof podCache>, write: OwnWrite): boolean {
  return cache.expectWrite(write, () => undefined)() !== 'no'
}

function names(found: readonly Pod[]): string[] {
  return found.map(({ metadata }) => metadata.name).toSorted()
}

describe('content', () => {
  it('keeps what the projection returns, by default all but managedFields', () => {
    const cache = podCache()
    listed(cache, 5, pod('a/x', 1))
    const onlyNames = createCache(pods, { project: ({ metadata }) => metadata.name })
    onlyNames.feed.upsert(pod('a/x', 1))

    expect(cache.get('a/x')).toEqual({
      metadata: { namespace: 'a', name: 'x', uid: 'uid-x', resourceVersion: '1' },
      spec: { claims: [] },
    })
    expect(onlyNames.get('a/x')).toBe('x')
  })

  it('lists by namespace and by index, and moves entries between index values', () => {
    const cache = podCache()
    listed(
      cache,
      5,
      pod('a/x', 1, { claims: ['c'] }),
      pod('a/y', 2, { claims: ['c', 'd'] }),
      pod('b/x', 3, { claims: ['c'] }),
    )

    cache.feed.upsert(pod('a/x', 6, { claims: ['d'] }))
    cache.feed.remove(pod('b/x', 7))

    expect(names(cache.list())).toEqual(['x', 'y'])
    expect(names(cache.list('a'))).toEqual(['x', 'y'])
    expect(names(cache.list('b'))).toEqual([])
    expect(names(cache.byIndex('claim', 'a/c'))).toEqual(['y'])
    expect(names(cache.byIndex('claim', 'a/d'))).toEqual(['x', 'y'])
    expect(names(cache.byIndex('claim', 'b/c'))).toEqual([])
    expect(() => cache.byIndex('node', 'n')).toThrow('The cache of pods has no index "node".')
  })

  it('is synced with the first list, not before', async () => {
    const cache = podCache()
    const synced = cache.whenSynced(new AbortController().signal)
    cache.feed.bookmark('3')
    expect(cache.synced).toBe(false)

    listed(cache, 5)

    await synced
    expect(cache.synced).toBe(true)
    expect(cache.lastResourceVersion).toBe('5')
    await expect(podCache().whenSynced(AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop')
  })
})

describe('changes', () => {
  it('tells a relist as the difference to what was known', () => {
    const cache = podCache()
    listed(cache, 5, pod('a/gone', 1), pod('a/same', 2), pod('a/changed', 3), pod('a/recreated', 4))
    const told = changesOf(cache)

    listed(
      cache,
      9,
      pod('a/same', 2),
      pod('a/changed', 7),
      pod('a/recreated', 8, { uid: 'other' }),
      pod('a/new', 9),
    )

    expect(told).toEqual([
      'deleted a/gone 1',
      'modified a/changed 3->7',
      'deleted a/recreated 4',
      'added a/recreated 8',
      'added a/new 9',
    ])
  })

  it('marks what the first list brings, and nothing after it', () => {
    const cache = podCache()
    const told: string[] = []
    cache.onChange(({ key, initial }) => told.push(`${key} ${initial}`))

    listed(cache, 5, pod('a/x', 1), pod('a/y', 2))
    listed(cache, 7, pod('a/x', 6), pod('a/z', 7))
    cache.feed.upsert(pod('a/x', 8))

    expect(told).toEqual(['a/x true', 'a/y true', 'a/y false', 'a/x false', 'a/z false', 'a/x false'])
  })

  it('takes and tells all of a list that is older than the cache: equal numbers mean nothing then', () => {
    const cache = podCache()
    listed(cache, 9, pod('a/x', 6, { claims: ['before'] }), pod('a/y', 9))
    const told = changesOf(cache)

    listed(cache, 7, pod('a/x', 6, { claims: ['restored'] }))

    expect(told).toEqual(['deleted a/y 9', 'modified a/x 6->6'])
    expect(names(cache.byIndex('claim', 'a/restored'))).toEqual(['x'])
    expect(cache.lastResourceVersion).toBe('7')
  })

  it('shows the new state to its listeners, and stops telling on request', () => {
    const cache = podCache()
    const seen: (string | undefined)[] = []
    const end = cache.onChange(({ key }) => seen.push(cache.get(key)?.metadata.resourceVersion))

    cache.feed.upsert(pod('a/x', 1))
    cache.feed.upsert(pod('a/x', 2))
    cache.feed.remove(pod('a/x', 3))
    cache.feed.remove(pod('a/unknown', 4))
    end()
    cache.feed.upsert(pod('a/x', 5))

    expect(seen).toEqual(['1', '2', undefined])
    expect(cache.lastResourceVersion).toBe('5')
  })

  it('tells what is there to one who begins to listen late', () => {
    const cache = podCache()
    listed(cache, 5, pod('a/x', 1), pod('a/gone', 2))
    cache.feed.remove(pod('a/gone', 6))
    cache.feed.upsert(pod('a/y', 7))
    const told: string[] = []

    cache.replay(({ type, key, initial }) => told.push(`${type} ${key} ${initial}`))

    expect(told).toEqual(['added a/x true', 'added a/y true'])
  })

  it('goes on when a listener throws, and says so', () => {
    const errors: unknown[] = []
    const log = { debug() {}, info() {}, warn() {}, error: (fields: object) => void errors.push(fields) }
    const cache = createCache(pods, { log })
    const told: string[] = []
    cache.onChange(() => {
      throw new Error('bug')
    })
    cache.onChange(({ key }) => told.push(key))

    cache.feed.upsert(pod('a/x', 1))

    expect(told).toEqual(['a/x'])
    expect(errors).toMatchObject([{ resource: 'pods', key: 'a/x', err: { message: 'bug' } }])
  })
})

describe('which writes are seen by what is there', () => {
  const key = 'a/x'
  it.each<[string, readonly [readonly Pod[], number], OwnWrite, boolean]>([
    ['a change at its version', [[pod(key, 7)], 7], { key, resourceVersion: '7' }, true],
    ['a change overtaken by a newer one', [[pod(key, 9)], 9], { key, resourceVersion: '7' }, true],
    ['a change that is still to come', [[pod(key, 6)], 6], { key, resourceVersion: '7' }, false],
    ['a create that is still to come', [[], 6], { key, resourceVersion: '7' }, false],
    ['a change and then a foreign delete', [[], 9], { key, resourceVersion: '7' }, true],
    ['a change outside of the selection, passed by', [[], 8], { key, resourceVersion: '7' }, true],
    ['a delete, gone', [[], 9], { key, uid: 'uid-x', deleted: true }, true],
    [
      'a delete, terminating',
      [[pod(key, 8, { deleting: true })], 8],
      { key, uid: 'uid-x', deleted: true },
      true,
    ],
    [
      'a delete, replaced by another',
      [[pod(key, 9, { uid: 'new' })], 9],
      { key, uid: 'uid-x', deleted: true },
      true,
    ],
    [
      'a delete of a successor, of which the cache has yet to hear',
      [[pod(key, 5, { uid: 'old' })], 6],
      { key, uid: 'uid-x', resourceVersion: '7', deleted: true },
      false,
    ],
    ['a delete that is still to come', [[pod(key, 6)], 9], { key, uid: 'uid-x', deleted: true }, false],
    [
      'a delete of an object that the cache has yet to hear of',
      [[], 6],
      { key, uid: 'uid-x', resourceVersion: '7', deleted: true },
      false,
    ],
  ])('%s', (_title, [items, version], write, expected) => {
    const cache = podCache()
    listed(cache, version, ...items)

    expect(isSeen(cache, write)).toBe(expected)
  })

  it('knows nothing before the first list', () => {
    expect(isSeen(podCache(), { key, deleted: true })).toBe(false)
  })

  it('a bookmark is enough', () => {
    const cache = podCache()
    listed(cache, 6)
    cache.feed.bookmark('7')

    expect(isSeen(cache, { key, resourceVersion: '7' })).toBe(true)
  })
})

describe('expectWrite', () => {
  const key = 'a/x'

  function expecting(cache: ReturnType<typeof podCache>, write: OwnWrite) {
    const told: string[] = []
    const seen = cache.expectWrite(write, () => told.push('seen'))
    return { seen, isSeen: () => seen() !== 'no', told }
  }

  it('is seen at once, and not told, where the cache reflects it already', () => {
    const cache = podCache()
    listed(cache, 7, pod(key, 7))
    const { isSeen, told } = expecting(cache, { key, resourceVersion: '7' })

    cache.feed.bookmark('8')

    expect(isSeen()).toBe(true)
    expect(told).toEqual([])
  })

  it.each<[string, (cache: ReturnType<typeof podCache>) => void]>([
    ['the event', (cache) => cache.feed.upsert(pod(key, 7))],
    ['a list begun since', (cache) => listed(cache, 7, pod(key, 7))],
    ['a list begun since, of a server that went back in time', (cache) => listed(cache, 3, pod(key, 3))],
    ['its end', (cache) => cache.feed.remove(pod(key, 8))],
  ])('is seen and told once with %s', (_title, happens) => {
    const cache = podCache()
    listed(cache, 5, pod(key, 5))
    const { isSeen, told } = expecting(cache, { key, resourceVersion: '7' })
    cache.feed.upsert(pod('a/other', 6))
    expect(isSeen()).toBe(false)

    happens(cache)
    cache.feed.bookmark('20')

    expect(isSeen()).toBe(true)
    expect(told).toEqual(['seen'])
  })

  it('is not seen with a list that began before it', () => {
    const cache = podCache()
    listed(cache, 5, pod(key, 5))
    const begun = cache.feed.beginList()
    const { isSeen } = expecting(cache, { key, uid: 'uid-x', deleted: true })

    cache.feed.replace([cache.feed.decode(pod(key, 5))], '6', { begun })
    expect(isSeen()).toBe(false)

    listed(cache, 3, pod(key, 3))
    expect(isSeen()).toBe(true)
  })

  it('trusts no number where the object is there in an older state: numbers are given twice by a restored server', () => {
    const cache = podCache()
    listed(cache, 1200, pod(key, 900))
    const { isSeen } = expecting(cache, { key, resourceVersion: '1005' })

    cache.feed.bookmark('1300')
    expect(isSeen()).toBe(false)

    listed(cache, 1006, pod(key, 1005))
    expect(isSeen()).toBe(true)
  })

  it('tells after the listeners, and survives one who throws', () => {
    const cache = podCache()
    listed(cache, 5)
    const order: string[] = []
    cache.onChange(() => order.push('changed'))
    cache.expectWrite({ key, resourceVersion: '6' }, () => {
      throw new Error('bug')
    })
    cache.expectWrite({ key, resourceVersion: '6' }, () => order.push('seen'))

    cache.feed.upsert(pod(key, 6))

    expect(order).toEqual(['changed', 'seen'])
  })

  describe('of an object that the label selector leaves out', () => {
    const write = { key, uid: 'uid-x', resourceVersion: '7', labels: { app: 'other' } }

    function selecting(version: number, ...items: readonly Pod[]) {
      const cache = createCache<Pod>(pods, { labelSelector: 'app=ours' })
      listed(cache, version, ...items)
      return cache
    }

    it('is not waited for, and settled once something newer is told', () => {
      const cache = selecting(5)
      const { seen, told } = expecting(cache, write)
      expect(seen()).toBe('so far')
      expect(cache.feed.hasUnseenWrites()).toBe(false)

      cache.feed.bookmark('8')

      expect(seen()).toBe('for good')
      expect(told).toEqual([])
    })

    it('is waited for where the cache still shows the object, until it goes', () => {
      const cache = selecting(5, pod(key, 5))
      const { seen, told } = expecting(cache, write)
      expect(seen()).toBe('no')

      cache.feed.remove(pod(key, 7))

      expect(seen()).toBe('for good')
      expect(told).toEqual(['seen'])
    })

    it('is waited for from the moment in which the cache hears of the object from before the write', () => {
      const cache = selecting(5)
      const { seen, told } = expecting(cache, write)
      const whenTold: string[] = []
      cache.onChange(() => whenTold.push(seen()))

      cache.feed.upsert(pod(key, 6))
      expect(seen()).toBe('no')
      cache.feed.remove(pod(key, 7))

      expect(whenTold).toEqual(['no', 'for good'])
      expect(told).toEqual(['seen'])
    })

    it.each([
      ['its labels are not known', { ...write, labels: undefined }],
      ['the labels are selected', { ...write, labels: { app: 'ours' } }],
    ])('is waited for where %s', (_title, unknown) => {
      expect(expecting(selecting(5), unknown).seen()).toBe('no')
    })
  })
})
