/**
 * What the API server's audit log says that the operator did. The log is read from disk, from its older files on where it
 * was begun anew since; waiting for a moment to be in it is done by a request of our own that must turn up there.
 */
import { randomBytes } from 'node:crypto'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isNotFound } from '../../src/kube/client/api-error.ts'
import type { Rest } from '../../src/kube/client/rest.ts'
import { clusterNamed, logFile } from '../../cluster/state/state.ts'
import { clusterName } from './cluster.ts'
import { services } from './objects.ts'
import { leaseOf, operatorUser } from './operator.ts'
import type { Space } from './space.ts'

export interface AuditedRequest {
  readonly verb: string
  /** Of the core group: empty. */
  readonly group: string
  readonly resource: string
  readonly subresource: string | undefined
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly user: string
  readonly userAgent: string
  readonly uri: string
  readonly status: number | undefined
  /** What a refusal says. */
  readonly message: string | undefined
  /** Whether its user has the right; admission may refuse it all the same. */
  readonly isAllowed: boolean
  readonly at: string
}

interface AuditLine {
  readonly verb: string
  readonly requestURI: string
  readonly requestReceivedTimestamp: string
  readonly user: { readonly username: string }
  readonly impersonatedUser?: { readonly username?: string }
  readonly userAgent?: string
  readonly objectRef?: {
    readonly apiGroup?: string
    readonly resource?: string
    readonly subresource?: string
    readonly namespace?: string
    readonly name?: string
  }
  readonly responseStatus?: { readonly code?: number; readonly message?: string }
  readonly annotations?: Readonly<Record<string, string>>
}

/** Where to read on from: the log is begun anew when it has grown to its size, and the file then has another name. */
export interface AuditPosition {
  readonly inode: number
  readonly offset: number
}

/** The API server's --audit-log-maxbackup (cluster/parts/control-plane.ts): older ones are deleted. */
const filesKept = 5

/** Where the log ends now. */
export async function auditPosition(): Promise<AuditPosition> {
  const { ino, size } = await stat(auditFile())
  return { inode: ino, offset: size }
}

/** All requests of the operator since that position that concern this namespace or none at all. */
export async function operatorRequests(
  space: Space,
  since: AuditPosition,
): Promise<readonly AuditedRequest[]> {
  await catchUp(space.rest, since)
  const lease = leaseOf(space)
  return (await readAudit(since)).filter(({ user, namespace, name }) => {
    if (user !== operatorUser) return false
    return namespace === undefined || namespace === space.namespace || name === lease
  })
}

/** All requests of operators' processes, wherever they ran, since the cluster is there. */
export async function requestsSinceTheStart(rest: Rest): Promise<readonly AuditedRequest[]> {
  await catchUp(rest, await auditPosition())
  const [oldest = auditFile(), ...younger] = await auditFiles()
  if (younger.length >= filesKept)
    throw new Error(
      `the first files of the audit log ${auditFile()} may be gone: let the API server keep more`,
    )
  const start = { inode: (await stat(oldest)).ino, offset: 0 }
  const lines = (await linesSince(start)).filter((line) => line.includes(operatorUser))
  return lines.map(requestOf).filter(({ user, userAgent }) => user === operatorUser && isOperator(userAgent))
}

/** Not a person who acts as its service account, by `kubectl --as`. */
function isOperator(userAgent: string): boolean {
  return userAgent.startsWith('canary-operator')
}

/** The log is written in order and in batches, so what came before a request of ours is there when that is. */
async function catchUp(rest: Rest, since: AuditPosition): Promise<void> {
  const name = `audit-mark-${randomBytes(4).toString('hex')}`
  for (let tries = 0; tries < 50; tries++) {
    try {
      await rest.get(services, { namespace: 'default', name })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    if ((await readAudit(since)).some((request) => request.name === name)) return
  }
  throw new Error(`the audit log ${auditFile()} does not show our own requests`)
}

async function readAudit(since: AuditPosition): Promise<readonly AuditedRequest[]> {
  return (await linesSince(since)).map(requestOf)
}

async function linesSince({ inode, offset }: AuditPosition): Promise<readonly string[]> {
  const found: string[] = []
  let isFound = false
  for (const path of await auditFiles()) {
    const file = await open(path)
    try {
      const { ino, size } = await file.stat()
      const start = ino === inode ? offset : 0
      isFound ||= ino === inode
      if (isFound) found.push(...wholeLines(await textOf(file, start, size)))
    } finally {
      await file.close()
    }
  }
  if (!isFound) throw new Error(`the audit log ${auditFile()} no longer reaches back that far`)
  return found
}

async function textOf(
  file: Awaited<ReturnType<typeof open>>,
  position: number,
  size: number,
): Promise<string> {
  if (size <= position) return ''
  const { buffer } = await file.read({ buffer: Buffer.alloc(size - position), position })
  return buffer.toString('utf8')
}

function wholeLines(text: string): readonly string[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
}

/** The oldest first: those that were closed carry their moment in their name, `audit-2026-01-31T....log`. */
async function auditFiles(): Promise<readonly string[]> {
  const current = auditFile()
  const names = await readdir(dirname(current))
  const closed = names.filter((name) => name.startsWith('audit-') && name.endsWith('.log')).toSorted()
  return [...closed, basename(current)].map((name) => join(dirname(current), name))
}

function requestOf(line: string): AuditedRequest {
  const entry = JSON.parse(line) as AuditLine
  return {
    verb: entry.verb,
    group: entry.objectRef?.apiGroup ?? '',
    resource: entry.objectRef?.resource ?? '',
    subresource: entry.objectRef?.subresource,
    namespace: entry.objectRef?.namespace,
    name: entry.objectRef?.name,
    user: entry.impersonatedUser?.username ?? entry.user.username,
    userAgent: entry.userAgent ?? '',
    uri: entry.requestURI,
    status: entry.responseStatus?.code,
    message: entry.responseStatus?.message,
    isAllowed: entry.annotations?.['authorization.k8s.io/decision'] === 'allow',
    at: entry.requestReceivedTimestamp,
  }
}

function auditFile(): string {
  return logFile(clusterNamed(clusterName()), 'audit')
}
