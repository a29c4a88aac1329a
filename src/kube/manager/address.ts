/** Where a server listens, as people write it: `:8080`, `127.0.0.1:8080`, `[::1]:8080`. */

export interface Address {
  /** All interfaces where left out. */
  readonly host?: string
  /** 0: any that is free. */
  readonly port: number
}

/** Undefined where the text is no address. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]*)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) return undefined
  const host = match[1] ?? match[2] ?? ''
  return host === '' ? { port } : { host, port }
}

export function formatAddress({ host = '', port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
