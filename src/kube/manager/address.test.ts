import { describe, expect, it } from 'vitest'
import { formatAddress, parseAddress } from './address.ts'

describe('an address', () => {
  it.each([
    [':8080', { port: 8080 }],
    [':0', { port: 0 }],
    ['127.0.0.1:8080', { host: '127.0.0.1', port: 8080 }],
    ['localhost:80', { host: 'localhost', port: 80 }],
    ['[::1]:8080', { host: '::1', port: 8080 }],
  ])('is %s', (text, address) => {
    expect(parseAddress(text)).toEqual(address)
    expect(formatAddress(address)).toBe(text)
  })

  it.each(['8080', '', ':', ':65536', '::1:80', 'a b:80', 'http://x:80', ':80/'])('is not "%s"', (text) => {
    expect(parseAddress(text)).toBeUndefined()
  })
})
