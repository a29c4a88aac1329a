import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from './connection.ts'
import { createManualClock } from '../testing/manual-clock.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kube-connection-'))
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

describe('connect with a kubeconfig', () => {
  it('reads server, namespace, certificates as data and as files beside it, and the token', async () => {
    await file('ca.crt', 'CA')
    const cert = Buffer.from('CERT').toString('base64')
    const user = { 'client-certificate-data': cert, 'client-key': 'client.key', token: 'T' }
    await file('client.key', 'KEY')
    const path = await file('config', kubeconfig(user, { 'certificate-authority': 'ca.crt' }))

    const connection = await connect({ kubeconfig: path, env: {} })

    expect(connection.server.href).toBe('https://127.0.0.1:6443/')
    expect(connection.namespace).toBe('team')
    expect(connection.tls).toEqual({ ca: 'CA', cert: 'CERT', key: 'KEY', rejectUnauthorized: true })
    expect(await connection.token()).toBe('T')
  })

  it('finds it through KUBECONFIG, and turns verification off only when told to', async () => {
    const path = await file('config', kubeconfig({}, { 'insecure-skip-tls-verify': true }))

    const connection = await connect({ env: { KUBECONFIG: path } })

    expect(connection.tls).toEqual({ rejectUnauthorized: false })
    expect(await connection.token()).toBeUndefined()
  })

  it.each([
    [
      'a credential plugin',
      kubeconfig({ exec: { command: 'x' } }),
      /logs in by "exec", which is not supported yet/,
    ],
    ['a missing key file', kubeconfig({ 'client-key': 'gone' }), /client-key .*gone, which cannot be read/],
    ['a server that is no address', kubeconfig({}, { server: 'nonsense' }), /"nonsense" is not a https:/],
    ['no current context', '{}', /has no current-context/],
    ['an unknown context', '{"current-context": "x"}', /has no context "x"/],
    ['an empty file', '', /is empty/],
    ['a file that is not YAML', '{', /cannot be read/],
  ])('refuses %s in words', async (_title, content, message) => {
    const path = await file('config', content)

    await expect(connect({ kubeconfig: path, env: {} })).rejects.toThrow(message)
  })

  it('refuses several files', async () => {
    await expect(connect({ env: { KUBECONFIG: '/a:/b' } })).rejects.toThrow('lists 2 files')
  })
})

describe('connect in a pod', () => {
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443', HOME: '/nowhere' }

  it('uses the service account, and reads its token again after 60 s', async () => {
    const clock = createManualClock()
    await file('ca.crt', 'CA')
    await file('namespace', 'operators\n')
    await file('token', 'first\n')

    const connection = await connect({ env, clock, serviceAccountDirectory: directory })
    const tokens = [await connection.token()]
    await file('token', 'second\n')
    await clock.advance(59_000)
    tokens.push(await connection.token())
    await clock.advance(2_000)
    tokens.push(await connection.token())

    expect(tokens).toEqual(['first', 'first', 'second'])
    expect(connection.server.href).toBe('https://[fd00::1]/')
    expect(connection.namespace).toBe('operators')
  })

  it('keeps the last token while the file is away', async () => {
    const clock = createManualClock()
    await file('ca.crt', 'CA')
    const path = await file('token', 'first')

    const connection = await connect({ env, clock, serviceAccountDirectory: directory })
    await connection.token()
    await rm(path)
    await clock.advance(61_000)

    expect(await connection.token()).toBe('first')
  })

  it('says what is missing when there is no way to connect', async () => {
    await expect(connect({ env: { HOME: directory } })).rejects.toThrow(
      /No cluster to talk to: there is no --kubeconfig/,
    )
  })
})
