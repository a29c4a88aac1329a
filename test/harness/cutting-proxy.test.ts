import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSelfSignedCertificate } from '../../src/kube/testing/self-signed-certificate.ts'
import { type CuttingProxy, startCuttingProxy } from './cutting-proxy.ts'

let server: https.Server
let proxy: CuttingProxy
let seen: string[]

beforeEach(async () => {
  seen = []
  server = https.createServer(createSelfSignedCertificate(), (request, response) => {
    seen.push(`${request.method} ${request.url}`)
    response.writeHead(request.url?.includes('refused') === true ? 409 : 200).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`)
  proxy = await startCuttingProxy(url, { rejectUnauthorized: false })
})
afterEach(async () => {
  await proxy.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const send = (method: string, path: string) => fetch(proxy.url + path, { method })

describe('the cutting proxy', () => {
  it('counts what was written, and nothing else', async () => {
    await send('GET', '/a')
    await send('POST', '/a?dryRun=All')
    await send('PATCH', '/apis/coordination.k8s.io/v1/namespaces/n/leases/l')
    await send('POST', '/apis/events.k8s.io/v1/namespaces/n/events')
    await send('PATCH', '/refused')
    await send('POST', '/a')
    await send('DELETE', '/b')

    expect(seen).toHaveLength(7)
    expect(proxy.writes).toEqual(['POST /a', 'DELETE /b'])
  })
  it('strikes after the n-th write was carried out and before its client hears of it', async () => {
    let struck = 0
    proxy.cutAfter(2, async () => {
      struck += 1
      expect(seen).toEqual(['POST /1', 'GET /', 'PATCH /2'])
    })
    expect((await send('POST', '/1')).status).toBe(200)
    expect((await send('GET', '/')).status).toBe(200)
    await expect(send('PATCH', '/2')).rejects.toThrow()
    expect(struck).toBe(1)
    expect((await send('PATCH', '/3')).status).toBe(200)
    expect(struck).toBe(1)
  })
})
