/**
 * The cluster's certificate authority, the one serving certificate that all its parts share, and one for a client that
 * wants to log in as the administrator without a token (the parts themselves have tokens). Made afresh for every
 * cluster, and never leaving its state directory.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

import { bits, element, integer, objectId, octets, sequence, set, text, time, yes } from './der.ts'

/** A certificate and its private key, both PEM. */
export interface Certificate {
  readonly certificate: string
  readonly key: string
}

/** An authority and what it signed. */
export interface Certificates {
  readonly authority: Certificate
  readonly serving: Certificate
  readonly administrator: Certificate
}

const DAY_MS = 86_400_000
const ECDSA_WITH_SHA256 = sequence(objectId('1.2.840.10045.4.3.2'))
const KEY_CERT_SIGN = bits(Buffer.from([0x04]), 2)
const FOR_SERVERS = objectId('1.3.6.1.5.5.7.3.1')
const FOR_CLIENTS = objectId('1.3.6.1.5.5.7.3.2')
const DIGITAL_SIGNATURE = bits(Buffer.from([0x80]), 7)

/** Makes all, valid from a day ago for ten years, the serving one for these DNS names and IPv4 addresses. */
export function makeCertificates(dnsNames: readonly string[], addresses: readonly string[]): Certificates {
  const authority = newKey()
  const issuer = { name: subject({ name: 'canary-cluster authority' }), key: authority.privateKey }
  const issue = (name: Buffer, extensions: Buffer, key = newKey()) => ({
    certificate: signed(name, key.publicKey, extensions, issuer),
    key: pem(key.privateKey),
  })
  return {
    authority: issue(issuer.name, authorityExtensions(), authority),
    serving: issue(subject({ name: 'canary-cluster' }), servingExtensions(dnsNames, addresses)),
    administrator: issue(subject({ group: 'system:masters', name: 'admin' }), clientExtensions()),
  }
}

/** A fresh key pair, PEM: what service account tokens are signed and checked with. */
export function makeKeyPair(): { readonly privateKey: string; readonly publicKey: string } {
  const pair = newKey()
  return {
    privateKey: pem(pair.privateKey),
    publicKey: pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

interface Issuer {
  readonly name: Buffer
  readonly key: KeyObject
}

function signed(holder: Buffer, publicKey: KeyObject, extensions: Buffer, issuer: Issuer): string {
  const now = Date.now()
  const serial = randomBytes(16)
  serial[0] = (serial[0] ?? 0) | 0x40
  const body = sequence(
    element(0xa0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_WITH_SHA256,
    issuer.name,
    sequence(time(new Date(now - DAY_MS)), time(new Date(now + 3650 * DAY_MS))),
    holder,
    publicKey.export({ type: 'spki', format: 'der' }),
    element(0xa3, extensions),
  )
  const certificate = sequence(body, ECDSA_WITH_SHA256, bits(sign('sha256', body, issuer.key)))
  const lines = certificate.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

function authorityExtensions(): Buffer {
  return sequence(
    sequence(objectId('2.5.29.19'), yes(), octets(sequence(yes()))),
    sequence(objectId('2.5.29.15'), yes(), octets(KEY_CERT_SIGN)),
  )
}

function servingExtensions(dnsNames: readonly string[], addresses: readonly string[]): Buffer {
  const names = [
    ...dnsNames.map((name) => element(0x82, Buffer.from(name))),
    ...addresses.map((address) => element(0x87, Buffer.from(address.split('.').map(Number)))),
  ]
  return sequence(...usage(FOR_SERVERS), sequence(objectId('2.5.29.17'), octets(sequence(...names))))
}

function clientExtensions(): Buffer {
  return sequence(...usage(FOR_CLIENTS))
}

function usage(purpose: Buffer): readonly Buffer[] {
  return [
    sequence(objectId('2.5.29.15'), yes(), octets(DIGITAL_SIGNATURE)),
    sequence(objectId('2.5.29.37'), octets(sequence(purpose))),
  ]
}

/** Who a certificate is for: Kubernetes takes the common name for the user and the organization for its group. */
function subject({ name, group }: { readonly name: string; readonly group?: string }): Buffer {
  const groups = group === undefined ? [] : [attribute('2.5.4.10', group)]
  return sequence(...groups, attribute('2.5.4.3', name))
}

function attribute(id: string, value: string): Buffer {
  return set(sequence(objectId(id), text(value)))
}

function newKey(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
