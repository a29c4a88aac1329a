/**
 * How the fake API server answers a plain request from its store, and how it words a refusal.
 */
import type { ServerResponse } from 'node:http'
import { parseJson } from '../json.ts'
import { keyOf, type KubernetesObject, type Manifest } from '../object.ts'
import type { SeenRequest, Target } from './fake-api-server.ts'
import type { FakeStore } from './fake-store.ts'

/** A continue token is the index at which the next page starts. */
export function answerList(
  store: FakeStore,
  { query }: SeenRequest,
  target: Target,
  response: ServerResponse,
): void {
  const all = store.list(target.resource, target.namespace)
  const start = Number(query.get('continue') ?? 0)
  const end = start + (Number(query.get('limit')) || all.length)
  const next = end < all.length ? { continue: String(end) } : {}
  const metadata = { resourceVersion: String(store.version), ...next }
  answerJson(response, 200, { kind: 'List', apiVersion: 'v1', metadata, items: all.slice(start, end) })
}

export function answerObject(
  store: FakeStore,
  request: SeenRequest,
  target: Target,
  response: ServerResponse,
): void {
  const { resource, namespace } = target
  const sent = request.body === '' ? undefined : parseJson<Manifest>(request.body)
  const name = target.name ?? sent?.metadata.name ?? ''
  const key = keyOf({ name, ...(namespace !== undefined && { namespace }) })
  const known = store.get(resource, key)
  if (request.method === 'POST') {
    if (known) refuse(response, 409, 'AlreadyExists', `"${name}" already exists`)
    else answerJson(response, 201, store.put(resource, sent ?? { metadata: { name } }))
  } else if (!known) {
    refuse(response, 404, 'NotFound', `"${name}" not found`)
  } else {
    changeObject(store, { request, resource, known, sent }, response)
  }
}

interface ObjectChange {
  readonly request: SeenRequest
  readonly resource: string
  readonly known: KubernetesObject
  readonly sent: Manifest | undefined
}

function changeObject(
  store: FakeStore,
  { request, resource, known, sent }: ObjectChange,
  response: ServerResponse,
): void {
  const version = sent?.metadata?.resourceVersion
  if (version !== undefined && version !== known.metadata.resourceVersion) {
    refuse(
      response,
      409,
      'Conflict',
      'the object has been modified; please apply your changes to the latest version',
    )
    return
  }
  switch (request.method) {
    case 'PUT':
      answerJson(response, 200, store.put(resource, sent ?? known))
      return
    case 'PATCH':
      answerJson(
        response,
        200,
        store.put(resource, { ...known, ...sent, metadata: { ...known.metadata, ...sent?.metadata } }),
      )
      return
    case 'DELETE':
      store.remove(resource, keyOf(known))
      answerJson(response, 200, { kind: 'Status', status: 'Success' })
      return
    default:
      answerJson(response, 200, known)
  }
}

export function answerJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

/** A refusal as the API server words it. */
export function refuse(response: ServerResponse, code: number, reason: string, message: string): void {
  answerJson(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message })
}
