/**
 * Whether requests to a server go through an HTTP proxy, by the environment variables that curl, kubectl and Go
 * programs read. Node's own reading of NO_PROXY knows no address ranges, and clusters list their service network there.
 */
import { BlockList, isIP } from 'node:net'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The proxy's URL, or undefined: directly. Rules of Go's httpproxy: HTTPS_PROXY (for a http:// server HTTP_PROXY)
 * before its lower-case form; never for the loopback; NO_PROXY lists `*`, addresses, ranges (10.0.0.0/8), hosts with their
 * subdomains, subdomains only (`.example.com`), each with or without a port.
 */
export function proxyFor(server: URL, env: Environment): string | undefined {
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const proxy = env[name] || env[name.toLowerCase()]
  if (!proxy) return undefined
  const host = bare(server.hostname.toLowerCase())
  if (host === 'localhost' || within(host, '127.0.0.0/8') || host === '::1') return undefined
  const port = server.port || (server.protocol === 'https:' ? '443' : '80')
  const exceptions = (env['NO_PROXY'] || env['no_proxy'] || '').split(',').map((entry) => entry.trim())
  if (exceptions.some((entry) => entry !== '' && excepts(entry.toLowerCase(), host, port))) return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

function excepts(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  if (entry.includes('/')) return within(host, entry)
  const [, name = entry, entryPort] = isIP(entry) ? [] : (/^(.*?)(?::(\d+))?$/.exec(entry) ?? [])
  if (entryPort !== undefined && entryPort !== port) return false
  const wanted = bare(name).replace(/^\*(?=\.)/, '')
  if (isIP(wanted)) return wanted === host
  return wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted || host.endsWith(`.${wanted}`)
}

function within(host: string, range: string): boolean {
  const [network = '', prefix = ''] = range.split('/')
  const family = isIP(network)
  if (family === 0 || isIP(host) !== family || !/^\d+$/.test(prefix)) return false
  if (Number(prefix) > (family === 4 ? 32 : 128)) return false
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(network, Number(prefix), kind)
  return list.check(host, kind)
}

/** A URL writes an IPv6 address in brackets. */
function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1')
}
