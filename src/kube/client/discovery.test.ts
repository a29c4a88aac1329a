import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDiscovery, type Discovery } from './discovery.ts'
import { resource } from '../resource.ts'
import { answerJson, refuse } from '../testing/fake-answers.ts'
import { type FakeApiServer, startFakeApiServer } from '../testing/fake-api-server.ts'
import { createManualClock, type ManualClock } from '../testing/manual-clock.ts'
import { createTransport } from './transport.ts'

function described(group: string, version: string, plural: string) {
  return resource({ group, version, plural, kind: 'Any', namespaced: true })
}
const snapshots = described('snapshot.storage.k8s.io', 'v1', 'volumesnapshots')
const pods = described('', 'v1', 'pods')

let server: FakeApiServer
let clock: ManualClock
let discovery: Discovery
beforeEach(async () => {
  server = await startFakeApiServer()
  clock = createManualClock()
  discovery = createDiscovery(createTransport(server.connection, { random: () => 0 }), { clock })
})
afterEach(() => server.kill())

function serve(answers: Readonly<Record<string, object | 503>>): void {
  server.intercept(({ path }, response) => {
    const answer = answers[path]
    if (answer === 503) refuse(response, 503, 'ServiceUnavailable', 'the server is currently unable')
    else if (answer) answerJson(response, 200, answer)
    else refuse(response, 404, 'NotFound', 'the server could not find the requested resource')
    return true
  })
}

function aggregated(...items: readonly object[]): object {
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', items }
}

function group(name: string, version: string, resources: readonly string[], freshness = 'Current'): object {
  const found = resources.map((plural) => ({ resource: plural, scope: 'Namespaced' }))
  return { metadata: { name }, versions: [{ version, freshness, resources: found }] }
}

const old = { kind: 'APIGroupList', apiVersion: 'v1', groups: [] }

describe('with aggregated discovery', () => {
  it.each([
    ['a resource that is there', [group('snapshot.storage.k8s.io', 'v1', ['volumesnapshots'])], 'served'],
    ['another version', [group('snapshot.storage.k8s.io', 'v1beta1', ['volumesnapshots'])], 'absent'],
    ['another resource of the group', [group('snapshot.storage.k8s.io', 'v1', ['others'])], 'absent'],
    ['no such group', [group('apps', 'v1', ['statefulsets'])], 'absent'],
    ['a group whose server is away', [group('snapshot.storage.k8s.io', 'v1', [], 'Stale')], 'failing'],
    ['... and was known', [group('snapshot.storage.k8s.io', 'v1', ['volumesnapshots'], 'Stale')], 'failing'],
    ['nothing at all', [], 'absent'],
  ])('%s', async (_title, items, expected) => {
    serve({ '/apis': aggregated(...items) })

    expect(await discovery.availability(snapshots)).toBe(expected)
    expect(server.requests[0]?.headers.accept).toBe(
      'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,' +
        'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json',
    )
  })

  it('knows the core group, which has no name', async () => {
    serve({ '/api': aggregated(group('', 'v1', ['pods'])) })

    expect(await discovery.availability(pods)).toBe('served')
    expect(await discovery.availability(described('', 'v1', 'nothings'))).toBe('absent')
    expect(server.requests).toHaveLength(1)
  })
})

describe('without', () => {
  it.each([
    ['a resource that is there', { resources: [{ name: 'volumesnapshots' }] }, 'served'],
    ['another resource of the group', { resources: [{ name: 'others' }] }, 'absent'],
    ['no such group', undefined, 'absent'],
    ['a group whose server is away', 503, 'failing'],
  ] as const)('%s', async (_title, answer, expected) => {
    serve({ '/apis': old, ...(answer && { '/apis/snapshot.storage.k8s.io/v1': answer }) })

    expect(await discovery.availability(snapshots)).toBe(expected)
    expect(server.requests).toHaveLength(2)
  })

  it('a connection that breaks says nothing about the group', async () => {
    server.intercept(({ path }, response) => {
      if (path === '/apis') answerJson(response, 200, old)
      else response.destroy()
      return true
    })

    await expect(discovery.availability(snapshots)).rejects.toMatchObject({ code: 'Reset' })
  })
})

describe('memory', () => {
  it('answers for a minute, and again after it was told to forget', async () => {
    serve({ '/apis': aggregated() })
    expect(await discovery.availability(snapshots)).toBe('absent')
    serve({ '/apis': aggregated(group('snapshot.storage.k8s.io', 'v1', ['volumesnapshots'])) })

    await clock.advance(59_999)
    expect(await discovery.availability(snapshots)).toBe('absent')
    discovery.invalidate()
    expect(await discovery.availability(snapshots)).toBe('served')
    serve({ '/apis': aggregated() })
    await clock.advance(60_000)
    expect(await discovery.availability(snapshots)).toBe('absent')
    expect(server.requests).toHaveLength(3)
  })

  it('asks once for all who ask at the same time, and one who goes takes nothing from the others', async () => {
    const stop = new AbortController()
    serve({ '/apis': aggregated(group('snapshot.storage.k8s.io', 'v1', ['volumesnapshots'])) })

    const gone = discovery.availability(snapshots, { signal: stop.signal }).catch((error: unknown) => error)
    const answer = discovery.availability(snapshots)
    stop.abort(new Error('stopping'))

    expect(await gone).toMatchObject({ message: 'stopping' })
    expect(await answer).toBe('served')
    expect(server.requests).toHaveLength(1)
  })

  it('does not keep a failure of the API server itself', async () => {
    server.intercept((_request, response) => {
      refuse(response, 403, 'Forbidden', 'no')
      return true
    })
    await expect(discovery.availability(snapshots)).rejects.toMatchObject({ status: 403 })
    serve({ '/apis': aggregated() })

    expect(await discovery.availability(snapshots)).toBe('absent')
  })
})
