import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { connect } from './connection.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createSelfSignedCertificate } from '../testing/self-signed-certificate.ts'

const firstCa = createSelfSignedCertificate().cert.trim()
const secondCa = createSelfSignedCertificate().cert.trim()

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

describe('connect in a pod', () => {
  const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443', HOME: '/nowhere' }

  it('uses the service account, and reads its token and CA again after 60 s', async () => {
    const clock = createManualClock()
    await file('ca.crt', firstCa)
    await file('namespace', 'operators\n')
    await file('token', 'first\n')

    const connection = await connect({ env, clock, serviceAccountDirectory: directory })
    const first = await connection.credentials()
    await file('token', 'second\n')
    await file('ca.crt', secondCa)
    await clock.advance(59_000)
    const still = await connection.credentials()
    await clock.advance(2_000)
    const second = await connection.credentials()

    expect(first).toEqual({
      headers: { authorization: 'Bearer first' },
      tls: { ca: firstCa, rejectUnauthorized: true },
    })
    expect(still).toBe(first)
    expect(second).toEqual({
      headers: { authorization: 'Bearer second' },
      tls: { ca: secondCa, rejectUnauthorized: true },
    })
    expect(connection.server.href).toBe('https://[fd00::1]/')
    expect(connection.namespace).toBe('operators')
  })

  it('reads a token that the server did not accept at once', async () => {
    await file('ca.crt', firstCa)
    await file('token', 'first')
    const connection = await connect({ env, clock: createManualClock(), serviceAccountDirectory: directory })
    const first = await connection.credentials()
    await file('token', 'second')

    connection.reject(first)

    const second = await connection.credentials()
    expect(second.headers).toEqual({ authorization: 'Bearer second' })
    expect(second.tls).toBe(first.tls)
  })

  it.each([
    ['is away', (path: string) => rm(path)],
    ['is empty for a moment', (path: string) => writeFile(path, '')],
  ])('keeps the last token while the file %s', async (_title, spoil) => {
    const clock = createManualClock()
    await file('ca.crt', firstCa)
    const path = await file('token', 'first')

    const connection = await connect({ env, clock, serviceAccountDirectory: directory })
    const first = await connection.credentials()
    await spoil(path)
    await clock.advance(61_000)

    expect(await connection.credentials()).toBe(first)
  })

  it('says what is missing in the service account', async () => {
    await file('token', 'first')

    await expect(connect({ env, serviceAccountDirectory: directory })).rejects.toThrow(
      /^The service account's .*ca\.crt cannot be read: .*ENOENT/,
    )
  })
})

describe('connect elsewhere', () => {
  const config = JSON.stringify({
    'current-context': 'here',
    contexts: [
      { name: 'here', context: { cluster: 'c' } },
      { name: 'there', context: { cluster: 'd' } },
    ],
    clusters: [
      { name: 'c', cluster: { server: 'https://here:6443' } },
      { name: 'd', cluster: { server: 'https://there:6443' } },
    ],
  })

  it('takes the kubeconfig of the home directory last, and the context that it is told', async () => {
    await mkdir(join(directory, '.kube'))
    await file('.kube/config', config)
    const env = { HOME: directory }

    expect((await connect({ env })).server.host).toBe('here:6443')
    expect((await connect({ env, context: 'there' })).server.host).toBe('there:6443')
  })

  it('says what is missing when there is no way to connect', async () => {
    await expect(connect({ env: { HOME: directory } })).rejects.toThrow(
      /No cluster to talk to: there is no --kubeconfig/,
    )
  })
})
