/**
 * The client of src/kube against a real API server: what only that can confirm about its words, its rules and its
 * credentials. How the client behaves when a server misbehaves is tested beside the source, with a fake one.
 */
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import {
  fieldConflicts,
  isConflict,
  isInvalid,
  isNotFound,
  isUnfitPatch,
} from '../../src/kube/client/api-error.ts'
import { connect, type Connection } from '../../src/kube/client/connection.ts'
import { createDiscovery } from '../../src/kube/client/discovery.ts'
import { createRest, type Rest } from '../../src/kube/client/rest.ts'
import { createTransport, type Transport } from '../../src/kube/client/transport.ts'
import { createCache } from '../../src/kube/cache/cache.ts'
import { reflect } from '../../src/kube/cache/reflector.ts'
import { type KubernetesObject } from '../../src/kube/object.ts'
import { resource } from '../../src/kube/resource.ts'
import { startConnectProxy } from '../../src/kube/testing/connect-proxy.ts'
import { createManualClock } from '../../src/kube/testing/manual-clock.ts'
import { createRecordingMeter } from '../../src/kube/testing/recording-meter.ts'
import { connectToCluster, type TestCluster } from '../harness/cluster.ts'
import { canaryStatefulSets, pods, services, statefulSets, volumeSnapshots } from '../harness/objects.ts'
import { bareNamespace, bareSpec } from './bare-namespace.ts'

interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>
}
interface SelfSubjectReview {
  readonly status: {
    readonly userInfo: {
      readonly username: string
      readonly groups: readonly string[]
      readonly extra?: Readonly<Record<string, readonly string[]>>
    }
  }
}

const core = { group: '', version: 'v1', namespaced: true } as const
const configMaps = resource<ConfigMap>({ ...core, plural: 'configmaps', kind: 'ConfigMap' })
const serviceAccounts = resource({ ...core, plural: 'serviceaccounts', kind: 'ServiceAccount' })
const space = bareNamespace('runtime-client')
const accountName = 'rotating'

let cluster: TestCluster
let rest: Rest
let transport: Transport
let ca: string
let directory: string
beforeAll(async () => {
  cluster = await connectToCluster()
  ;({ rest } = cluster)
  transport = createTransport(cluster.connection)
  ca = String((await cluster.connection.credentials()).tls.ca)
  await rest.create(serviceAccounts, { metadata: { name: accountName, namespace: space.name } })
})
afterAll(() => {
  transport.close()
  cluster.close()
})
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'runtime-client-'))
  onTestFinished(() => rm(directory, { recursive: true }))
})

let count = 0
async function aConfigMap(): Promise<ConfigMap> {
  const manifest = { metadata: { name: `object-${++count}`, namespace: space.name }, data: { a: '1' } }
  return (await rest.create(configMaps, manifest)).object
}

describe('server-side apply', () => {
  it('names the fields of others and who manages them, until it takes them by force', async () => {
    const { metadata } = await aConfigMap()
    const ref = { namespace: space.name, name: metadata.name }
    await rest.patch(
      configMaps,
      ref,
      { type: 'apply', body: { data: { b: 'theirs' } } },
      { fieldManager: 'them' },
    )
    const ours = { data: { b: 'ours', c: 'ours' } }

    const error = await rest
      .patch(configMaps, ref, { type: 'apply', body: ours }, { fieldManager: 'us' })
      .catch((thrown: unknown) => thrown)

    expect(fieldConflicts(error)).toEqual([{ field: '.data.b', manager: 'them' }])
    expect(isConflict(error)).toBe(false)
    const { object } = await rest.patch(
      configMaps,
      ref,
      { type: 'apply', body: ours, force: true },
      { fieldManager: 'us' },
    )
    expect(object.data).toEqual({ a: '1', b: 'ours', c: 'ours' })
  })
})

describe('preconditions', () => {
  it('a stale resourceVersion is a conflict, to a replacement, a patch and a deletion', async () => {
    const stale = await aConfigMap()
    const ref = { namespace: space.name, name: stale.metadata.name }
    await rest.patch(configMaps, ref, { type: 'merge', body: { data: { a: '2' } } })
    const { resourceVersion } = stale.metadata

    await expect(rest.replace(configMaps, stale)).rejects.toSatisfy(isConflict)
    const patch = { type: 'merge', body: { metadata: { resourceVersion }, data: { a: '3' } } } as const
    await expect(rest.patch(configMaps, ref, patch)).rejects.toSatisfy(isConflict)
    await expect(rest.delete(configMaps, ref, { resourceVersion })).rejects.toSatisfy(isConflict)
    expect((await rest.get(configMaps, ref)).data).toEqual({ a: '2' })
  })

  it('an object of the same name that is another one is a conflict to a deletion', async () => {
    const { metadata } = await aConfigMap()
    const ref = { namespace: space.name, name: metadata.name }
    const uid = '00000000-0000-4000-8000-000000000000'

    await expect(rest.delete(configMaps, ref, { uid })).rejects.toSatisfy(isConflict)
    await rest.delete(configMaps, ref, { uid: metadata.uid, propagationPolicy: 'Background' })
    await expect(rest.get(configMaps, ref)).rejects.toSatisfy(isNotFound)
  })

  it('a JSON patch that does not fit is told from one that is refused', async () => {
    const { metadata } = await aConfigMap()
    const ref = { namespace: space.name, name: metadata.name }
    const test = { op: 'test', path: '/data/a', value: 'other' } as const
    const bad = { op: 'replace', path: '/metadata/labels', value: { a: 'not a label!' } } as const

    await expect(rest.patch(configMaps, ref, { type: 'json', operations: [test] })).rejects.toSatisfy(
      isUnfitPatch,
    )
    await expect(
      rest.patch(configMaps, ref, { type: 'json', operations: [{ ...bad, op: 'add' }] }),
    ).rejects.toSatisfy(isInvalid)
  })
})

describe('what a deletion answers', () => {
  const deletion = { propagationPolicy: 'Background' } as const

  it('a Status without a version, for most resources', async () => {
    const { metadata } = await aConfigMap()

    const { uid, object } = await rest.delete(configMaps, metadata, deletion)

    expect(uid).toBe(metadata.uid)
    expect(object).toBeUndefined()
  })

  it('the last state of a pod, at the version of its deletion, also when it is gone', async () => {
    const name = 'unscheduled'
    const spec = { schedulerName: 'nobody', containers: [{ name: 'a', image: 'a' }] }
    const manifest = { metadata: { name, namespace: space.name }, spec }
    const created = await rest.create(pods, manifest)
    const cache = createCache(pods, { namespace: space.name })
    const stop = new AbortController()
    const reflected = reflect(rest, cache, {}, stop.signal)
    await cache.whenSynced(stop.signal)
    const gone = new Promise((resolve) => {
      cache.onChange(({ type }) => type === 'deleted' && resolve(cache.lastResourceVersion))
    })

    const { object } = await rest.delete(pods, created.object.metadata, deletion)

    expect(object?.metadata.uid).toBe(created.object.metadata.uid)
    expect(await gone).toBe(object?.metadata.resourceVersion)
    await expect(rest.get(pods, created.object.metadata)).rejects.toSatisfy(isNotFound)
    stop.abort()
    await reflected
  })
})

describe('discovery', () => {
  /** Asks for the plain form, as a server without the other would answer. */
  function withoutAggregation(): Transport {
    return {
      ...transport,
      request: (request) => transport.request({ ...request, accept: 'application/json' }),
    }
  }

  const absent = resource({
    group: 'nobody.example.com',
    version: 'v1',
    plural: 'things',
    kind: 'Thing',
    namespaced: true,
  })

  it('tells what is served from what is absent, with one request for all groups', async () => {
    const meter = createRecordingMeter()
    const measured = createTransport(cluster.connection, { meter })
    const discovery = createDiscovery(measured)

    expect(await discovery.availability(canaryStatefulSets)).toBe('served')
    expect(await discovery.availability(statefulSets)).toBe('served')
    expect(await discovery.availability(volumeSnapshots)).toBe('served')
    expect(await discovery.availability(absent)).toBe('absent')
    expect(await discovery.availability({ ...statefulSets, version: 'v1beta1' })).toBe('absent')
    expect(meter.count('rest_client_requests_total')).toBe(1)
    expect(await discovery.availability(pods)).toBe('served')
    expect(meter.count('rest_client_requests_total')).toBe(2)
    measured.close()
  })

  it('says the same where the server has no aggregated form', async () => {
    const discovery = createDiscovery(withoutAggregation())

    expect(await discovery.availability(statefulSets)).toBe('served')
    expect(await discovery.availability(absent)).toBe('absent')
    expect(await discovery.availability(pods)).toBe('served')
  })

  it.each(['aggregated', 'by group'])(
    'a group whose server is down is failing, not absent (%s)',
    async (form) => {
      const group = `${form.replace(' ', '-')}.down.example.com`
      const apiServices = resource({
        group: 'apiregistration.k8s.io',
        version: 'v1',
        plural: 'apiservices',
        kind: 'APIService',
        namespaced: false,
      })
      const name = `v1.${group}`
      await rest.create(services, {
        metadata: { name: form.replace(' ', '-'), namespace: space.name },
        spec: { ports: [{ port: 443 }] },
      } as never)
      await rest.create(apiServices, {
        metadata: { name },
        spec: {
          group,
          version: 'v1',
          groupPriorityMinimum: 1,
          versionPriority: 1,
          insecureSkipTLSVerify: true,
          service: { name: form.replace(' ', '-'), namespace: space.name },
        },
      } as never)
      onTestFinished(async () => void (await rest.delete(apiServices, { name })))
      const discovery = createDiscovery(form === 'aggregated' ? transport : withoutAggregation(), {
        maxAgeMs: 0,
      })
      const down = resource({ group, version: 'v1', plural: 'things', kind: 'Thing', namespaced: true })

      // The aggregator takes note of a new APIService in its own time.
      await expect.poll(() => discovery.availability(down), { timeout: 60_000 }).toBe('failing')
      expect(await discovery.availability(statefulSets)).toBe('served')
    },
  )
})

it('fields that nobody here knows survive a read and a write', async () => {
  const newer = { deep: [{ deeper: null }, 1.5, 9007199254740991], 'odd key/': '' }
  const template = { ...bareSpec.template, newer }
  const created = await space.create({ ...bareSpec, template }, 'newer')
  const ref = { namespace: space.name, name: 'newer' }

  const read = await rest.get(canaryStatefulSets, ref)
  const annotations = { touched: 'yes' }
  await rest.replace(canaryStatefulSets, { ...read, metadata: { ...read.metadata, annotations } })

  expect(created.spec.template).toMatchObject({ newer })
  const after = await rest.get(canaryStatefulSets, ref)
  expect(after.spec).toEqual(created.spec)
  expect(after.metadata.annotations).toEqual(annotations)
})

it('1,000 reads one after another take one connection', async () => {
  const proxy = await startConnectProxy()
  const counted = createTransport({ ...cluster.connection, proxy: proxy.url })
  const reader = createRest(counted)
  const { metadata } = await aConfigMap()

  for (let i = 0; i < 1_000; i++) {
    await reader.get(configMaps, { namespace: space.name, name: metadata.name })
  }

  expect(proxy.tunnels).toHaveLength(1)
  counted.close()
  await proxy.close()
})

describe('credentials', () => {
  const account = () => `system:serviceaccount:${space.name}:${accountName}`

  async function newToken(): Promise<string> {
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: accountName, namespace: space.name },
      spec: { expirationSeconds: 600 },
    }
    const { object } = await rest.create(serviceAccounts, request, { subresource: 'token' })
    return (object as unknown as { readonly status: { readonly token: string } }).status.token
  }

  /** Whom the API server takes us for, and by which token. */
  async function whoWeAre(by: Transport) {
    const { body } = await by.request<SelfSubjectReview>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    })
    const { username, groups, extra } = body.status.userInfo
    return { username, groups, token: extra?.['authentication.kubernetes.io/credential-id']?.[0] }
  }

  function transportFor(connection: Connection): Transport {
    const by = createTransport(connection)
    onTestFinished(() => by.close())
    return by
  }

  function file(name: string, content: string): Promise<void> {
    return writeFile(join(directory, name), content)
  }

  async function inPod(): Promise<{
    readonly by: Transport
    readonly clock: ReturnType<typeof createManualClock>
  }> {
    const clock = createManualClock()
    const { hostname, port } = cluster.connection.server
    const env = { KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port }
    return { by: transportFor(await connect({ env, clock, serviceAccountDirectory: directory })), clock }
  }

  async function withUser(user: object): Promise<Transport> {
    const kubeconfig = join(directory, 'config')
    const certificate = Buffer.from(ca).toString('base64')
    await file(
      'config',
      JSON.stringify({
        'current-context': 'here',
        contexts: [{ name: 'here', context: { cluster: 'here', user: 'me' } }],
        clusters: [
          {
            name: 'here',
            cluster: { server: cluster.connection.server.href, 'certificate-authority-data': certificate },
          },
        ],
        users: [{ name: 'me', user }],
      }),
    )
    return transportFor(await connect({ kubeconfig, env: {} }))
  }

  it('a token that was replaced on disk is taken up without a restart', async () => {
    await file('ca.crt', ca)
    await file('token', await newToken())
    const { by, clock } = await inPod()
    const first = await whoWeAre(by)

    await file('token', await newToken())
    await clock.advance(60_000)
    const second = await whoWeAre(by)

    expect([first.username, second.username]).toEqual([account(), account()])
    expect(first.token).toMatch(/^JTI=/)
    expect(second.token).toMatch(/^JTI=/)
    expect(second.token).not.toBe(first.token)
  })

  it('a token that the server does not accept is replaced at once, if there is another', async () => {
    await file('ca.crt', ca)
    await file('token', 'outdated')
    const { by } = await inPod()
    await file('token', await newToken())

    expect((await whoWeAre(by)).username).toBe(account())
  })

  it('a token that the server does not accept, and no other, is a 401', async () => {
    await file('ca.crt', ca)
    await file('token', 'outdated')
    const { by } = await inPod()

    await expect(whoWeAre(by)).rejects.toMatchObject({ status: 401, reason: 'Unauthorized' })
  })

  it('an exec plugin of a kubeconfig logs us in, and again when its token is not accepted any more', async () => {
    await file('token', 'outdated')
    const script = join(directory, 'plugin.sh')
    const answer =
      '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}'
    await file(
      'plugin.sh',
      `#!/bin/sh\necho run >> '${directory}/runs'\nprintf '${answer}' "$(cat '${directory}/token')"\n`,
    )
    await chmod(script, 0o755)
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: './plugin.sh',
      interactiveMode: 'Never',
    }
    const by = await withUser({ exec })
    await file('token', await newToken())

    const me = await whoWeAre(by)
    await whoWeAre(by)

    expect(me.username).toBe(account())
    expect((await readFile(join(directory, 'runs'), 'utf8')).trim().split('\n')).toHaveLength(2)
  })

  it('a client certificate in files beside the kubeconfig logs us in', async () => {
    const administrator = join(dirname(process.env['KUBECONFIG'] ?? ''), 'admin')
    await copyFile(`${administrator}.crt`, join(directory, 'me.crt'))
    await copyFile(`${administrator}.key`, join(directory, 'me.key'))
    const by = await withUser({ 'client-certificate': 'me.crt', 'client-key': 'me.key' })

    const me = await whoWeAre(by)

    expect(me.username).toBe('admin')
    expect(me.groups).toContain('system:masters')
  })

  it('a kubeconfig may act as somebody else, with his groups', async () => {
    const { headers } = await cluster.connection.credentials()
    const token = String(headers['authorization']).replace(/^Bearer /, '')
    const by = await withUser({ token, as: 'them', 'as-groups': ['readers', 'system:authenticated'] })

    expect(await whoWeAre(by)).toMatchObject({
      username: 'them',
      groups: ['readers', 'system:authenticated'],
    })
  })
})
