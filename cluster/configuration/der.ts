/**
 * The few ASN.1 DER forms that an X.509 certificate is written in. Node can sign and parse certificates but cannot
 * write one, and a cluster should not need openssl for two certificates. Nothing here knows what a certificate is.
 */

/** One tag-length-value element around the given contents. */
export function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const body = Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag]), lengthOf(body), body])
}

/** SEQUENCE of elements. */
export function sequence(...contents: readonly Buffer[]): Buffer {
  return element(0x30, ...contents)
}

/** SET of elements. */
export function set(...contents: readonly Buffer[]): Buffer {
  return element(0x31, ...contents)
}

/** INTEGER from big-endian bytes, kept positive. */
export function integer(bytes: Buffer): Buffer {
  return element(0x02, (bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.from([0]), bytes]))
}

/** BOOLEAN true, the only value that DER writes out. */
export function yes(): Buffer {
  return element(0x01, Buffer.from([0xff]))
}

/** UTF8String. */
export function text(value: string): Buffer {
  return element(0x0c, Buffer.from(value))
}

/** OCTET STRING. */
export function octets(value: Buffer): Buffer {
  return element(0x04, value)
}

/** BIT STRING whose last byte has `unused` bits to spare. */
export function bits(value: Buffer, unused = 0): Buffer {
  return element(0x03, Buffer.from([unused]), value)
}

/** GeneralizedTime in whole seconds, always in UTC. */
export function time(value: Date): Buffer {
  const digits = value.toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return element(0x18, Buffer.from(`${digits}Z`))
}

/** OBJECT IDENTIFIER from its dotted form. */
export function objectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return element(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): readonly number[] {
  const digits = [value & 0x7f]
  for (let left = value >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80)
  return digits
}

function lengthOf(body: Buffer): Buffer {
  if (body.length < 0x80) return Buffer.from([body.length])
  const digits: number[] = []
  for (let left = body.length; left > 0; left >>>= 8) digits.unshift(left & 0xff)
  return Buffer.from([0x80 | digits.length, ...digits])
}
