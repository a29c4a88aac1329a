import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from '../connection.ts'
import { ConnectionConfigError } from '../connection-config-error.ts'
import { startConnectProxy } from '../../testing/connect-proxy.ts'
import { startFakeApiServer } from '../../testing/fake-api-server.ts'
import { createManualClock } from '../../testing/manual-clock.ts'
import { createSelfSignedCertificate } from '../../testing/self-signed-certificate.ts'
import { createTransport } from '../transport.ts'

const ca = createSelfSignedCertificate().cert
const pair = createSelfSignedCertificate()

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kubeconfig-'))
})
afterEach(() => rm(directory, { recursive: true }))

async function file(name: string, content: string): Promise<string> {
  const path = join(directory, name)
  await writeFile(path, content)
  return path
}

function kubeconfig(user: object, cluster: object = {}): string {
  return JSON.stringify({
    'current-context': 'here',
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u', namespace: 'team' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:6443', ...cluster } }],
    users: [{ name: 'u', user }],
  })
}

/** An executable beside the kubeconfig; it counts its runs in the file `runs`. */
async function plugin(prints: string, status = 0): Promise<object> {
  const path = await file(
    'plugin.sh',
    `#!/bin/sh\necho run >> '${directory}/runs'\n${prints}\nexit ${status}\n`,
  )
  await chmod(path, 0o755)
  return {
    exec: { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin.sh', interactiveMode: 'Never' },
  }
}

function credential(status: object): string {
  const object = { apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status }
  return `cat <<'END'\n${JSON.stringify(object)}\nEND`
}

async function runs(): Promise<number> {
  return (await readFile(join(directory, 'runs'), 'utf8')).trim().split('\n').length
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

async function connected(user: object, cluster: object = {}) {
  const clock = createManualClock()
  const path = await file('config', kubeconfig(user, cluster))
  return { path, clock, connection: await connect({ kubeconfig: path, env: {}, clock }) }
}

describe('a kubeconfig', () => {
  it('tells server, namespace, certificates as data and as files beside it, and the token', async () => {
    await file('ca.crt', ca)
    await file('client.key', pair.key)
    const user = { 'client-certificate-data': base64(pair.cert), 'client-key': 'client.key', token: 'T' }

    const { connection } = await connected(user, {
      'certificate-authority': 'ca.crt',
      'tls-server-name': 'api',
    })

    expect(connection.server.href).toBe('https://127.0.0.1:6443/')
    expect(connection.namespace).toBe('team')
    expect(await connection.credentials()).toEqual({
      headers: { authorization: 'Bearer T' },
      tls: { ca, ...pair, servername: 'api', rejectUnauthorized: true },
    })
  })

  it('turns verification off only when told to, and needs no user', async () => {
    const { connection } = await connected({}, { 'insecure-skip-tls-verify': true })

    expect(await connection.credentials()).toEqual({ headers: {}, tls: { rejectUnauthorized: false } })
  })

  it('may lead to a server without TLS', async () => {
    const { connection } = await connected({ token: 'T' }, { server: 'http://127.0.0.1:8001' })

    expect(connection.server.protocol).toBe('http:')
    expect((await connection.credentials()).headers).toEqual({ authorization: 'Bearer T' })
  })

  it('prefers data to files, as kubectl does', async () => {
    const { connection } = await connected(
      {
        'client-certificate': 'gone',
        'client-certificate-data': base64(pair.cert),
        'client-key-data': base64(pair.key),
      },
      { 'certificate-authority': 'gone', 'certificate-authority-data': base64(ca) },
    )

    expect((await connection.credentials()).tls).toMatchObject({ ca, ...pair })
  })

  it('reads a token file again, and prefers it to a token', async () => {
    await file('token', 'first\n')
    const { connection, clock } = await connected({ tokenFile: 'token', token: 'T' })
    expect((await connection.credentials()).headers).toEqual({ authorization: 'Bearer first' })

    await file('token', 'second\n')
    await clock.advance(10_000)

    expect((await connection.credentials()).headers).toEqual({ authorization: 'Bearer second' })
  })

  it('reads certificate files again, and keeps the old ones while only half is replaced', async () => {
    const other = createSelfSignedCertificate()
    await file('tls.crt', pair.cert)
    await file('tls.key', pair.key)
    const { connection, clock } = await connected({
      'client-certificate': 'tls.crt',
      'client-key': 'tls.key',
    })
    const first = await connection.credentials()

    await file('tls.crt', other.cert)
    await clock.advance(10_000)
    expect(await connection.credentials()).toBe(first)

    await file('tls.key', other.key)
    await clock.advance(10_000)
    expect((await connection.credentials()).tls).toMatchObject(other)
  })

  it('names whom to act as, and for basic authentication user and password', async () => {
    const extra = { 'as-user-extra': { 'example.com/Why': ['a', 'b'] }, username: 'me', password: 'secret' }

    const { connection } = await connected({ as: 'them', 'as-uid': '7', 'as-groups': ['g', 'h'], ...extra })

    expect((await connection.credentials()).headers).toEqual({
      authorization: `Basic ${base64('me:secret')}`,
      'impersonate-user': 'them',
      'impersonate-uid': '7',
      'impersonate-group': ['g', 'h'],
      'impersonate-extra-example.com%2Fwhy': ['a', 'b'],
    })
  })

  it.each([
    [
      'a missing file',
      { 'client-key': 'gone' },
      {},
      /names the client-key .*gone, which cannot be read: .*ENOENT/,
    ],
    [
      'a CA that is none',
      {},
      { 'certificate-authority-data': base64('x') },
      /^The CA, or the client certificate/,
    ],
    [
      'a CA that is no base64',
      {},
      { 'certificate-authority-data': '@@@' },
      /the certificate-authority-data of context "here" is no base64/,
    ],
    [
      'a certificate without a key',
      { 'client-certificate-data': base64(pair.cert) },
      {},
      /has a client-certificate without its client-key/,
    ],
    ['a server that is no address', {}, { server: 'nonsense' }, /"nonsense" is no https:/],
    ['a cluster without server', {}, { server: '' }, /the cluster of context "here" has no server/],
    [
      'a SOCKS proxy',
      {},
      { 'proxy-url': 'socks5://x:1' },
      /only http:\/\/ and https:\/\/ proxies are supported/,
    ],
    [
      'a missing plugin',
      { exec: { command: 'no-such-plugin' } },
      {},
      /the exec plugin "no-such-plugin" .* ENOENT\.$/,
    ],
    [
      'a missing plugin with a hint where to get it',
      { exec: { command: 'no-such-plugin', installHint: 'Get it from example.com.\n' } },
      {},
      / ENOENT\. Get it from example\.com\.$/,
    ],
    [
      'a plugin that asks a person',
      { exec: { command: 'x', interactiveMode: 'Always' } },
      {},
      /wants to ask a person/,
    ],
    [
      'a login that ran out',
      { 'auth-provider': { name: 'oidc', config: { 'id-token': 'e30.eyJleHAiOjF9.x' } } },
      {},
      /the provider "oidc" of context "here" failed: it gave no token; log in again/,
    ],
  ])('refuses %s in words', async (_title, user, cluster, message) => {
    await expect(connected(user, cluster)).rejects.toThrow(message)
    await expect(connected(user, cluster)).rejects.toBeInstanceOf(ConnectionConfigError)
  })

  it.each([
    ['no current context', '{}', /has no current-context/],
    ['an unknown context', '{"current-context": "x"}', /has no context "x"/],
    [
      'an unknown cluster',
      '{"current-context": "x", "contexts": [{"name": "x", "context": {"cluster": "c"}}]}',
      /context "x" names a cluster that is not described/,
    ],
    [
      'an unknown user',
      kubeconfig({}).replace('"user":"u"', '"user":"v"'),
      /names the user "v", who is not described/,
    ],
    ['an empty file', '', /is empty/],
    ['a list', '[]', /is no mapping of fields/],
    ['a file that is not YAML', '{', /^The kubeconfig .*config cannot be read: [^\n]+$/],
    ['entries that are none', '{"current-context": "x", "contexts": [1, null, "x"]}', /has no context "x"/],
  ])('refuses %s in words', async (_title, content, message) => {
    const path = await file('config', content)

    await expect(connect({ kubeconfig: path, env: {} })).rejects.toThrow(message)
  })

  it('says that it is missing', async () => {
    await expect(connect({ kubeconfig: join(directory, 'gone'), env: {} })).rejects.toThrow(
      /gone cannot be read: ENOENT/,
    )
  })
})

describe('several files in KUBECONFIG', () => {
  it('are merged as kubectl does it: the first entry wins, a missing or empty file is passed over', async () => {
    const first = await file('a', JSON.stringify({ users: [{ name: 'u', user: { token: 'from a' } }] }))
    const second = await file('b', kubeconfig({ token: 'from b' }))
    const KUBECONFIG = [join(directory, 'gone'), await file('empty', ''), first, second].join(':')

    const connection = await connect({ env: { KUBECONFIG } })

    expect(connection.namespace).toBe('team')
    expect((await connection.credentials()).headers).toEqual({ authorization: 'Bearer from a' })
  })

  it('must exist, one of them', async () => {
    await expect(connect({ env: { KUBECONFIG: `${directory}/x:${directory}/y` } })).rejects.toThrow(
      /^None of the kubeconfigs .*x, .*y exists\.$/,
    )
  })
})

describe('an exec plugin', () => {
  it('gives the token, is told its version, and is run once while its credential lives', async () => {
    const user = await plugin(
      `echo "$KUBERNETES_EXEC_INFO" > '${directory}/info'\n${credential({ token: 'from plugin' })}`,
    )
    const { connection, clock } = await connected(user)
    await clock.advance(3_600_000)

    expect((await connection.credentials()).headers).toEqual({ authorization: 'Bearer from plugin' })
    expect(await runs()).toBe(1)
    expect(JSON.parse(await readFile(join(directory, 'info'), 'utf8'))).toEqual({
      kind: 'ExecCredential',
      apiVersion: 'client.authentication.k8s.io/v1',
      spec: { interactive: false },
    })
  })

  it('is told the cluster where it wants to know it', async () => {
    const { exec } = (await plugin(
      `echo "$KUBERNETES_EXEC_INFO" > '${directory}/info'\n${credential({ token: 'T' })}`,
    )) as { exec: object }
    await file('ca.crt', ca)
    const extensions = [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a' } }]

    await connected(
      { exec: { ...exec, provideClusterInfo: true } },
      { 'certificate-authority': 'ca.crt', extensions },
    )

    expect(JSON.parse(await readFile(join(directory, 'info'), 'utf8'))).toMatchObject({
      spec: {
        cluster: {
          server: 'https://127.0.0.1:6443',
          'certificate-authority-data': base64(ca),
          config: { audience: 'a' },
        },
      },
    })
  })

  it('may give a client certificate', async () => {
    const user = await plugin(credential({ clientCertificateData: pair.cert, clientKeyData: pair.key }))

    const { connection } = await connected(user)

    expect((await connection.credentials()).tls).toMatchObject(pair)
  })

  it('is run again when its credential expired', async () => {
    const { connection, clock } = await connected(
      await plugin(credential({ token: 'T', expirationTimestamp: '2020-01-01T00:00:00Z' })),
    )

    await clock.advance(10_000)
    await connection.credentials()

    expect(await runs()).toBe(2)
  })

  it('is run again when the server did not accept its credential', async () => {
    const { connection } = await connected(await plugin(credential({ token: 'old' })))
    const refused = await connection.credentials()
    await plugin(credential({ token: 'new' }))

    connection.reject(refused)

    expect((await connection.credentials()).headers).toEqual({ authorization: 'Bearer new' })
  })

  it.each([
    [
      'fails',
      'echo "please log in" >&2\necho "second line" >&2',
      1,
      /plugin\.sh" of context "here" failed: please log in\.$/,
    ],
    ['fails without a word', '', 1, /failed: it gave no reason\.$/],
    ['prints no JSON', 'echo hello', 0, /failed: it gave nothing that is a credential\.$/],
    ['prints another object', `echo '{"kind":"Pod"}'`, 0, /failed: it gave nothing that is a credential\.$/],
    ['prints an empty credential', credential({}), 0, /it gave neither a token nor a certificate/],
  ])('that %s is told in one sentence', async (_title, prints, status, message) => {
    const user = await plugin(prints, status)

    await expect(connected(user)).rejects.toThrow(message)
    await expect(connected(user)).rejects.toThrow(/^[^\n]+$/)
  })
})

describe('an exec plugin that waits for somebody', () => {
  /** The script becomes the process that hangs, so that its number is that of the plugin. */
  async function hanging(): Promise<object> {
    return plugin(`echo $$ > '${directory}/pid'\nexec sleep 1000`)
  }

  async function pluginEnds(): Promise<void> {
    const pid = Number(await readFile(join(directory, 'pid'), 'utf8'))
    await expect.poll(() => isAlive(pid)).toBe(false)
  }

  async function whenItHangs(): Promise<void> {
    await expect.poll(() => readFile(join(directory, 'pid'), 'utf8').catch(() => '')).toMatch(/\d+\n/)
  }

  it('is ended after a minute, and told in one sentence', async () => {
    const clock = createManualClock()
    const path = await file('config', kubeconfig(await hanging()))
    const connecting = connect({ kubeconfig: path, env: {}, clock }).catch((error: unknown) => error)
    await whenItHangs()

    await clock.advance(60_000)

    expect(await connecting).toMatchObject({
      message: expect.stringMatching(
        /plugin\.sh" of context "here" failed: it printed no credential within 60 s\.$/,
      ),
    })
    await pluginEnds()
  })

  it('is ended by the signal', async () => {
    const path = await file('config', kubeconfig(await hanging()))
    const stop = new AbortController()
    const connecting = connect({ kubeconfig: path, env: {}, signal: stop.signal }).catch(
      (error: unknown) => error,
    )
    await whenItHangs()

    stop.abort(new Error('stopping'))

    expect(await connecting).toMatchObject({ message: 'stopping' })
    await pluginEnds()
  })
})

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a proxy', () => {
  it('of the kubeconfig tunnels to the server, with name and password', async () => {
    const certificate = createSelfSignedCertificate()
    const server = await startFakeApiServer({ tls: certificate })
    const proxy = await startConnectProxy()
    const { host } = server.connection.server
    const { connection } = await connected(
      { token: 'T' },
      {
        server: server.connection.server.href,
        'certificate-authority-data': base64(certificate.cert),
        'proxy-url': proxy.url.replace('://', '://me:secret@'),
      },
    )
    server.store.put('v1/pods', { metadata: { name: 'x', namespace: 'a' } })
    const transport = createTransport(connection)

    for (let i = 0; i < 10; i++)
      await transport.request({ method: 'GET', path: '/api/v1/namespaces/a/pods/x' })

    expect(proxy.tunnels).toEqual([host])
    expect(proxy.authorizations).toEqual([`Basic ${base64('me:secret')}`])
    expect(server.requests).toHaveLength(10)
    transport.close()
    await server.kill()
    await proxy.close()
  })

  it('of the environment is taken where the kubeconfig names none', async () => {
    const path = await file('config', kubeconfig({ token: 'T' }, { server: 'https://api.example:6443' }))
    const env = { HTTPS_PROXY: 'http://proxy:3128' }

    expect(await connect({ kubeconfig: path, env })).toMatchObject({ proxy: 'http://proxy:3128' })
    expect(await connect({ kubeconfig: path, env: { ...env, NO_PROXY: 'example' } })).toMatchObject({
      proxy: undefined,
    })
  })
})

const login = { name: 'oidc', config: { 'id-token': `e30.${base64('{"exp":4102444800}')}.x` } }

it.each<[string, (() => Promise<object>) | undefined, readonly string[]]>([
  ['its service account', undefined, []],
  ['a kubeconfig with a token', async () => ({ token: 'T' }), ['js-yaml']],
  ['a kubeconfig with a plugin', () => plugin(credential({ token: 'T' })), ['js-yaml']],
  [
    'a kubeconfig with a provider',
    async () => ({ 'auth-provider': login }),
    ['js-yaml', '@kubernetes/client-node'],
  ],
])('a process that uses %s loads no library that it does not need', async (_title, user, expected) => {
  await file('ca.crt', ca)
  await file('token', 'T')
  const path = await file('config', kubeconfig((await user?.()) ?? {}))
  const env = user ? {} : { KUBERNETES_SERVICE_HOST: '127.0.0.1' }
  const options = {
    env,
    serviceAccountDirectory: directory,
    ...(expected.length > 0 && { kubeconfig: path }),
  }
  const script = `
    import { registerHooks } from 'node:module'
    registerHooks({
      load(url, context, next) {
        const [, found] = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url) ?? []
        if (found) console.log(found)
        return next(url, context)
      },
    })
    const { connect } = await import(${JSON.stringify(join(import.meta.dirname, '../connection.ts'))})
    await connect(${JSON.stringify(options)})`

  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])

  const loaded = new Set(stdout.split('\n').filter((line) => line !== ''))
  if (expected.length < 2) expect([...loaded]).toEqual([...expected])
  else expect([...loaded]).toEqual(expect.arrayContaining([...expected]))
})
