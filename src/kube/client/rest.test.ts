import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KubernetesObject } from '../object.ts'
import { resource } from '../resource.ts'
import { createRest, type Rest } from './rest.ts'
import { answerJson, refuse } from '../testing/fake-answers.ts'
import { type FakeApiServer, startFakeApiServer } from '../testing/fake-api-server.ts'
import { createTransport } from './transport.ts'

interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>
}
const configMaps = resource<ConfigMap>({
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
})
const ref = { namespace: 'a', name: 'x' }

let server: FakeApiServer
let rest: Rest
beforeEach(async () => {
  server = await startFakeApiServer()
  rest = createRest(createTransport(server.connection))
})
afterEach(() => server.kill())

function put(name: string, namespace = 'a'): void {
  server.store.put('v1/configmaps', { metadata: { name, namespace } })
}

function lastRequest() {
  const seen = server.requests.at(-1)
  if (!seen) throw new Error('no request was sent')
  const body: unknown = seen.body === '' ? undefined : JSON.parse(seen.body)
  return {
    method: seen.method,
    path: seen.path,
    query: seen.query.toString(),
    type: seen.headers['content-type'],
    body,
  }
}

describe('reads', () => {
  it('get throws for an absent object, getIfExists does not', async () => {
    await expect(rest.get(configMaps, ref)).rejects.toMatchObject({ status: 404 })
    expect(await rest.getIfExists(configMaps, ref)).toBeUndefined()

    put('x')

    expect((await rest.getIfExists(configMaps, ref))?.metadata.name).toBe('x')
  })

  it('lists all pages', async () => {
    for (let i = 0; i < 601; i++) put(`x${i}`)
    put('elsewhere', 'b')

    const { items, resourceVersion } = await rest.list(configMaps, { namespace: 'a', labelSelector: 'k=v' })

    expect(new Set(items.map(({ metadata }) => metadata.name)).size).toBe(601)
    expect(resourceVersion).toBe(String(server.store.version))
    expect(server.requests.map(({ query }) => query.toString())).toEqual([
      'labelSelector=k%3Dv&limit=250',
      'labelSelector=k%3Dv&limit=250&continue=250',
      'labelSelector=k%3Dv&limit=250&continue=500',
    ])
  })

  it.each([
    [
      'begins anew when a continue token has expired',
      1,
      ['limit=2', 'limit=2&continue=2', 'limit=2', 'limit=2&continue=2', 'limit=2&continue=4'],
    ],
    [
      'takes everything in one answer when one expires again',
      2,
      ['limit=2', 'limit=2&continue=2', 'limit=2', 'limit=2&continue=2', ''],
    ],
  ])('%s', async (_title, times, requests) => {
    for (let i = 0; i < 5; i++) put(`x${i}`)
    let expired = 0
    server.intercept(({ query }, response) => {
      if (!query.has('continue') || expired++ >= times) return false
      refuse(response, 410, 'Expired', 'the provided continue parameter is too old')
      return true
    })

    const { items } = await rest.list(configMaps, { limit: 2 })

    expect(items.map(({ metadata }) => metadata.name)).toEqual(['x0', 'x1', 'x2', 'x3', 'x4'])
    expect(server.requests.map(({ query }) => query.toString())).toEqual(requests)
  })

  it('lists the metadata only, if asked to', async () => {
    await rest.list(configMaps, { metadataOnly: true })
    await rest.list(configMaps)

    expect(server.requests.map(({ headers }) => headers['accept'])).toEqual([
      'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
      'application/json',
    ])
  })

  it('reports a failing list at once, as whoever lists paces himself', async () => {
    server.intercept((_request, response) => {
      refuse(response, 500, 'InternalError', 'boom')
      return true
    })

    await expect(rest.list(configMaps)).rejects.toMatchObject({ status: 500 })
    expect(server.requests).toHaveLength(1)
  })
})

describe('raw JSON', () => {
  const unknown = { spec: { newer: [{ deep: null }, 1.5, 'ä€😀', ''] }, 'odd key/': { '': false } }

  it('keeps fields that nobody here knows through a read and a write', async () => {
    server.store.put('v1/configmaps', { metadata: ref, ...unknown })

    const read = await rest.get(configMaps, ref)
    await rest.replace(configMaps, { ...read, data: { a: 'b' } })

    expect(await rest.get(configMaps, ref)).toMatchObject({ ...unknown, data: { a: 'b' } })
    expect(lastWritten()).toMatchObject(unknown)
  })

  it('rounds an integer beyond 2^53, and writes 1.0 as 1', async () => {
    server.intercept(({ method }, response) => {
      if (method !== 'GET') return false
      response.writeHead(200)
      response.end(
        '{"metadata":{"name":"x","namespace":"a"},"largest":9007199254740991,"beyond":9007199254740993,"one":1.0}',
      )
      return true
    })
    put('x')

    await rest.replace(configMaps, await rest.get(configMaps, ref))

    expect(server.requests.at(-1)?.body).toContain(
      '"largest":9007199254740991,"beyond":9007199254740992,"one":1',
    )
  })

  function lastWritten(): unknown {
    return JSON.parse(server.requests.findLast(({ method }) => method === 'PUT')?.body ?? '')
  }
})

describe('writes', () => {
  it('create posts to the namespace of the manifest, with kind and options', async () => {
    const manifest = { metadata: ref, data: { a: '1' } }

    const { object } = await rest.create(configMaps, manifest, {
      dryRun: true,
      fieldManager: 'm',
      fieldValidation: 'Strict',
    })

    expect(object.data).toEqual({ a: '1' })
    expect(lastRequest()).toEqual({
      method: 'POST',
      path: '/api/v1/namespaces/a/configmaps',
      query: 'dryRun=All&fieldManager=m&fieldValidation=Strict',
      type: 'application/json',
      body: { apiVersion: 'v1', kind: 'ConfigMap', ...manifest },
    })
  })

  it.each<[string, (subresource: string) => Promise<unknown>]>([
    [
      'replace',
      async (subresource) => rest.replace(configMaps, await rest.get(configMaps, ref), { subresource }),
    ],
    ['patch', (subresource) => rest.patch(configMaps, ref, { type: 'merge', body: {} }, { subresource })],
  ])('%s reaches the subresource', async (_verb, write) => {
    put('x')

    await write('status')

    expect(lastRequest()).toMatchObject({ path: '/api/v1/namespaces/a/configmaps/x/status' })
  })

  it.each([
    [
      'json',
      { type: 'json', operations: [{ op: 'test', path: '/metadata/uid', value: 'u' }] } as const,
      'application/json-patch+json',
      [{ op: 'test', path: '/metadata/uid', value: 'u' }],
    ],
    [
      'merge',
      { type: 'merge', body: { data: { a: null } } } as const,
      'application/merge-patch+json',
      { data: { a: null } },
    ],
    [
      'apply',
      { type: 'apply', body: { metadata: { labels: { a: 'b' } } } } as const,
      'application/apply-patch+yaml',
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...ref, labels: { a: 'b' } } },
    ],
  ])('patch %s', async (_title, patch, type, body) => {
    server.intercept((_request, response) => {
      answerJson(response, 200, { metadata: ref })
      return true
    })

    await rest.patch(configMaps, ref, patch, { fieldManager: 'm' })

    expect(lastRequest()).toEqual({
      method: 'PATCH',
      path: '/api/v1/namespaces/a/configmaps/x',
      query: 'fieldManager=m',
      type,
      body,
    })
  })

  it('create writes a subresource of another kind to the object that it names', async () => {
    server.intercept((_request, response) => {
      answerJson(response, 201, { kind: 'Status', metadata: {} })
      return true
    })
    const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: ref }

    await rest.create(configMaps, eviction, { subresource: 'eviction' })

    expect(lastRequest()).toMatchObject({
      method: 'POST',
      path: '/api/v1/namespaces/a/configmaps/x/eviction',
      body: eviction,
    })
  })

  it('reports warnings', async () => {
    server.intercept((_request, response) => {
      response.setHeader('warning', '299 - "unknown field \\"spec.x\\""')
      return false
    })

    const { warnings } = await rest.create(configMaps, { metadata: ref })

    expect(warnings).toEqual(['unknown field "spec.x"'])
  })

  it('delete sends its preconditions and tells a gone object from a terminating one', async () => {
    put('x')
    const options = {
      uid: 'u',
      resourceVersion: '7',
      propagationPolicy: 'Orphan',
      gracePeriodSeconds: 0,
    } as const

    const gone = await rest.delete(configMaps, ref, options)
    const status = { kind: 'Status', status: 'Success', details: { name: 'x', uid: 'the one' } }
    server.intercept((_request, response) => {
      answerJson(response, 200, status)
      return true
    })
    const told = await rest.delete(configMaps, ref)
    server.intercept((_request, response) => {
      answerJson(response, 200, { kind: 'ConfigMap', metadata: { ...ref, deletionTimestamp: 'now' } })
      return true
    })
    const terminating = await rest.delete(configMaps, ref)

    expect(gone.object).toBeUndefined()
    expect(told).toEqual({ uid: 'the one', warnings: [] })
    expect(terminating.object?.metadata.deletionTimestamp).toBe('now')
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Orphan',
      gracePeriodSeconds: 0,
      preconditions: { uid: 'u', resourceVersion: '7' },
    })
  })
})
