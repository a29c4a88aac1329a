/** A little HTTP proxy on loopback that tunnels (CONNECT), for tests. */
import { once } from 'node:events'
import http from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface ConnectProxy {
  readonly url: string
  /** What it was asked to connect to, as `host:port`, one for each tunnel. */
  readonly tunnels: readonly string[]
  /** The `proxy-authorization` of each. */
  readonly authorizations: readonly (string | undefined)[]
  close(): Promise<void>
}

export async function startConnectProxy(): Promise<ConnectProxy> {
  const tunnels: string[] = []
  const authorizations: (string | undefined)[] = []
  const sockets = new Set<Socket>()
  const server = http.createServer((_request, response) => response.writeHead(405).end())
  server.on('connect', (request, client: Socket) => {
    const { url = '', headers } = request
    tunnels.push(url)
    authorizations.push(headers['proxy-authorization'])
    const { hostname, port } = new URL(`tcp://${url}`)
    const upstream = connect(Number(port), hostname, () => {
      client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      upstream.pipe(client).pipe(upstream)
    })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => socket.destroy())
      socket.once('close', () => sockets.delete(socket))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    authorizations,
    async close() {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
