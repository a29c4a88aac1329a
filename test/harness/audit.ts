/**
 * What the API server's audit log says that the operator did. The log is read from disk; waiting for a moment to be in
 * it is done by a request of our own that must turn up there.
 */
import { randomBytes } from 'node:crypto'
import { open } from 'node:fs/promises'
import { clusterNamed, logFile } from '../../cluster/state/state.ts'
import { clusterName } from './cluster.ts'
import { leaseOf, operatorUser } from './operator.ts'
import { isNotFound } from '../../src/kube/client/api-error.ts'
import type { Space } from './space.ts'
import { services } from './objects.ts'

export interface AuditedRequest {
  readonly verb: string
  readonly resource: string
  readonly subresource: string | undefined
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly user: string
  readonly uri: string
  readonly status: number | undefined
  readonly at: string
}

interface AuditLine {
  readonly verb: string
  readonly requestURI: string
  readonly requestReceivedTimestamp: string
  readonly user: { readonly username: string }
  readonly impersonatedUser?: { readonly username?: string }
  readonly objectRef?: {
    readonly resource?: string
    readonly subresource?: string
    readonly namespace?: string
    readonly name?: string
  }
  readonly responseStatus?: { readonly code?: number }
}

/** How long the log is now; where to read on from. */
export async function auditPosition(): Promise<number> {
  const file = await open(auditFile())
  try {
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}

/** All requests of the operator since that position that concern this namespace or none at all. */
export async function operatorRequests(space: Space, since: number): Promise<readonly AuditedRequest[]> {
  await catchUp(space, since)
  const lease = leaseOf(space)
  return (await readAudit(since)).filter(({ user, namespace, name }) => {
    if (user !== operatorUser) return false
    return namespace === undefined || namespace === space.namespace || name === lease
  })
}

/** The log is written in order and in batches, so what came before a request of ours is there when that is. */
async function catchUp(space: Space, since: number): Promise<void> {
  const name = `audit-mark-${randomBytes(4).toString('hex')}`
  for (let tries = 0; tries < 50; tries++) {
    try {
      await space.rest.get(services, { namespace: space.namespace, name })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    if ((await readAudit(since)).some((request) => request.name === name)) return
  }
  throw new Error(`the audit log ${auditFile()} does not show our own requests`)
}

async function readAudit(since: number): Promise<readonly AuditedRequest[]> {
  const file = await open(auditFile())
  try {
    const length = (await file.stat()).size - since
    if (length <= 0) return []
    const { buffer } = await file.read({ buffer: Buffer.alloc(length), position: since })
    const text = buffer.toString('utf8')
    return text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter((line) => line !== '')
      .map(requestOf)
  } finally {
    await file.close()
  }
}

function requestOf(line: string): AuditedRequest {
  const entry = JSON.parse(line) as AuditLine
  return {
    verb: entry.verb,
    resource: entry.objectRef?.resource ?? '',
    subresource: entry.objectRef?.subresource,
    namespace: entry.objectRef?.namespace,
    name: entry.objectRef?.name,
    user: entry.impersonatedUser?.username ?? entry.user.username,
    uri: entry.requestURI,
    status: entry.responseStatus?.code,
    at: entry.requestReceivedTimestamp,
  }
}

function auditFile(): string {
  return logFile(clusterNamed(clusterName()), 'audit')
}
