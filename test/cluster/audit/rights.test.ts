/**
 * Least privilege, read off the API server's audit log when all other tests on this cluster have run: the operator was
 * never without a right, and has none that it does not use.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { type AuditedRequest, requestsSinceTheStart } from '../../harness/audit.ts'
import { connectToCluster, repository } from '../../harness/cluster.ts'

let requests: readonly AuditedRequest[]

beforeAll(async () => {
  const cluster = await connectToCluster()
  try {
    requests = await requestsSinceTheStart(cluster.rest)
  } finally {
    cluster.close()
  }
})

test('every right that config/rbac.yaml grants was used, verb by verb', () => {
  const used = new Map<string, number>()
  for (const request of requests.filter(({ isAllowed }) => isAllowed))
    used.set(rightOf(request), (used.get(rightOf(request)) ?? 0) + 1)
  const granted = rightsIn('config/rbac.yaml')

  const table = granted.map((right) => `  ${String(used.get(right) ?? 0).padStart(7)}  ${right}`)
  console.log(`requests of the operator by the right that they need:\n${table.join('\n')}`)
  expect(granted.length).toBeGreaterThan(20)
  expect(granted.filter((right) => !used.has(right))).toEqual([])
})

test('nothing was asked for that it has no right to', () => {
  const granted = rightsIn('config/rbac.yaml')
  const denied = requests.filter(({ isAllowed }) => !isAllowed)
  expect(denied.filter((request) => !granted.includes(rightOf(request))).map(tell)).toEqual([])
  expect(denied.filter((request) => !isOfKilledServer(request)).map(tell)).toEqual([])
})

test('what admission refused it was a question, or in a namespace that is being deleted', () => {
  const refused = requests.filter(({ status }) => status === 403)
  expect(refused.filter(isProbeOfGuard).length).toBeGreaterThan(0)

  const expected = [isDryRun, isInDyingNamespace, isOfKilledServer]
  expect(refused.filter((request) => !expected.some((is) => is(request))).map(tell)).toEqual([])
})

test('it created pods as dry runs only', () => {
  const created = requests.filter(({ resource, verb }) => resource === 'pods' && verb === 'create')
  expect(created.length).toBeGreaterThan(0)
  expect(created.filter((request) => !isDryRun(request))).toEqual([])
})

interface Role {
  readonly kind: string
  readonly rules?: readonly {
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly verbs: readonly string[]
  }[]
}

/** As `group/resource verb`. */
function rightsIn(path: string): readonly string[] {
  const documents = parseAllDocuments(readFileSync(join(repository, path), 'utf8'))
  const rules = documents.flatMap((document) => (document.toJS() as Role).rules ?? [])
  return rules.flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => `${group}/${resource} ${verb}`)),
    ),
  )
}

function rightOf({ group, resource, subresource, verb }: AuditedRequest): string {
  return `${group}/${resource}${subresource === undefined ? '' : `/${subresource}`} ${verb}`
}

function isDryRun({ uri }: AuditedRequest): boolean {
  return uri.includes('dryRun=All')
}

/** A stranger's change, sent to see whether it is refused. */
function isProbeOfGuard({ uri, message = '' }: AuditedRequest): boolean {
  return uri.includes('fieldManager=canary-guard-probe') && message.includes('canary-protect')
}

/**
 * serial/outage.test.ts kills the API server: in its first moments the next one knows neither the roles nor the parameters
 * of the guard policy, and refuses everybody everything. What it refused of the whole cluster is told by when that was: those
 * tests run alone.
 */
function isOfKilledServer(request: AuditedRequest): boolean {
  const isOfThese = ({ namespace = '', name = '' }: AuditedRequest) =>
    [namespace, name].some((word) => /^(canary-operator-)?t-(outage|restore-outage|lease-lost)-/.test(word))
  if (isOfThese(request)) return true
  if (request.namespace !== undefined) return false
  const moments = requests.filter(isOfThese).map(({ at }) => at)
  return moments.some((at) => at <= request.at) && moments.some((at) => at >= request.at)
}

function tell({ verb, uri, message, at }: AuditedRequest): string {
  return `${at} ${verb} ${uri}: ${message}`
}

function isInDyingNamespace({ message = '' }: AuditedRequest): boolean {
  return message.includes('because it is being terminated')
}
