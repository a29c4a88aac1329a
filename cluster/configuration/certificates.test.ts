import { createPublicKey, X509Certificate } from 'node:crypto'

import { describe, expect, it } from 'vitest'

import { makeCertificates, makeKeyPair } from './certificates.ts'

describe('makeCertificates', () => {
  const made = makeCertificates(['localhost', 'kubernetes.default.svc'], ['127.0.0.1', '10.96.0.1'])
  const authority = new X509Certificate(made.authority.certificate)
  const serving = new X509Certificate(made.serving.certificate)

  it('makes an authority that signed itself and the serving certificate', () => {
    expect(authority.ca).toBe(true)
    expect(authority.verify(authority.publicKey)).toBe(true)
    expect(serving.ca).toBe(false)
    expect(serving.checkIssued(authority)).toBe(true)
    expect(serving.verify(authority.publicKey)).toBe(true)
  })

  it('serves every given name and address and no other', () => {
    expect(serving.checkHost('kubernetes.default.svc')).toBe('kubernetes.default.svc')
    expect(serving.checkIP('10.96.0.1')).toBe('10.96.0.1')
    expect(serving.checkHost('kubernetes')).toBeUndefined()
    expect(serving.checkIP('10.96.0.2')).toBeUndefined()
  })

  it('is valid now and pairs with its key', () => {
    expect(serving.validFromDate.getTime()).toBeLessThan(Date.now())
    expect(serving.validToDate.getTime()).toBeGreaterThan(Date.now() + 3_000 * 86_400_000)
    expect(serving.publicKey.equals(createPublicKey(made.serving.key))).toBe(true)
  })

  it('makes a certificate for clients, with user and group as Kubernetes reads them', () => {
    const client = new X509Certificate(made.administrator.certificate)

    expect(client.checkIssued(authority) && client.verify(authority.publicKey)).toBe(true)
    expect(client.subject.split('\n')).toEqual(['O=system:masters', 'CN=admin'])
    expect(client.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(client.publicKey.equals(createPublicKey(made.administrator.key))).toBe(true)
  })

  it('never repeats a serial number', () => {
    const other = new X509Certificate(makeCertificates(['localhost'], []).serving.certificate)
    expect(other.serialNumber).not.toBe(serving.serialNumber)
  })
})

describe('makeKeyPair', () => {
  it('gives two halves of one key', () => {
    const pair = makeKeyPair()
    expect(createPublicKey(pair.privateKey).equals(createPublicKey(pair.publicKey))).toBe(true)
  })
})
