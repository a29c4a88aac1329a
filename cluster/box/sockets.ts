/**
 * Whether something listens inside the box, seen from outside: TCP ports through the kernel's table of the box's
 * network namespace, UNIX sockets by connecting to them through the box's file system; and on our own loopback. Starts
 * nothing, sends nothing.
 */
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'

const LISTEN = '0A'

/** True when a process in the network namespace of `pid` listens on the TCP port, on any address or on this IPv4 one. */
export function listensOnPort(pid: number, port: number, address?: string): boolean {
  const wanted = `${address === undefined ? '' : inTable(address)}:${hex(port, 4)}`
  return ['tcp', 'tcp6'].some((table) => tableLines(pid, table).some((fields) => isListener(fields, wanted)))
}

/** True when a connection to the UNIX socket at this path of our own file system is accepted. */
export function acceptsOnSocket(path: string): Promise<boolean> {
  return accepts(connect(path))
}

/** True when a connection to this TCP port of our own loopback is accepted. */
export function acceptsOnPort(port: number): Promise<boolean> {
  return accepts(connect(port, '127.0.0.1'))
}

function accepts(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (accepted: boolean) => {
      socket.destroy()
      resolve(accepted)
    }
    socket.once('connect', () => answer(true)).once('error', () => answer(false))
  })
}

function isListener(fields: readonly string[], port: string): boolean {
  return fields[3] === LISTEN && fields[1] !== undefined && fields[1].endsWith(port)
}

/** The table has the bytes of an address in the machine's order, which is little endian wherever this runs. */
function inTable(address: string): string {
  return address
    .split('.')
    .toReversed()
    .map((byte) => hex(Number(byte), 2))
    .join('')
}

function hex(number: number, digits: number): string {
  return number.toString(16).toUpperCase().padStart(digits, '0')
}

function tableLines(pid: number, table: string): readonly (readonly string[])[] {
  try {
    const text = readFileSync(`/proc/${pid}/net/${table}`, 'latin1')
    return text.split('\n').map((line) => line.trim().split(/\s+/))
  } catch {
    return []
  }
}
