/**
 * From a call of rest.ts to the HTTP request that carries it: addresses, queries and bodies. Nothing is sent here.
 */
import { apiVersionOf, type Resource, type ResourcePath, resourcePath } from '../resource.ts'
import type { ObjectRef } from '../object.ts'
import type { CallOptions, DeleteOptions, Patch, WriteOptions } from './rest.ts'
import type { Request } from './transport.ts'

type Address = Pick<Request, 'path' | 'resource' | 'timeoutMs' | 'signal' | 'beforeSend'>

export function address(
  of: Resource,
  where: ResourcePath,
  options: CallOptions & { subresource?: string } = {},
): Address {
  const { name, namespace } = where
  const { subresource, timeoutMs, signal, beforeSend } = options
  const label = subresource === undefined ? of.plural : `${of.plural}/${subresource}`
  return {
    path: resourcePath(of, { name, namespace, subresource }),
    resource: label,
    timeoutMs,
    signal,
    beforeSend,
  }
}

export function writeQuery(options: WriteOptions = {}): Request['query'] {
  const { dryRun, fieldManager, fieldValidation } = options
  return { dryRun: dryRun ? 'All' : undefined, fieldManager, fieldValidation }
}

/** List items carry neither apiVersion nor kind, and the server wants both in what is written. Their own go first. */
export function typed(of: Resource, manifest: object): object {
  return { apiVersion: apiVersionOf(of), kind: of.kind, ...manifest }
}

export const patchContentTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} satisfies Record<Patch['type'], string>

export function patchBody(of: Resource, ref: ObjectRef, patch: Patch): unknown {
  switch (patch.type) {
    case 'json':
      return patch.operations
    case 'merge':
    case 'strategic':
      return patch.body
    case 'apply':
      return typed(of, named(ref, patch.body))
  }
}

/** The server wants the name in the body, too. */
function named({ name, namespace }: ObjectRef, body: { readonly metadata?: object }): object {
  return { ...body, metadata: { name, ...(namespace !== undefined && { namespace }), ...body.metadata } }
}

export function deleteBody({
  uid,
  resourceVersion,
  propagationPolicy,
  gracePeriodSeconds,
  dryRun,
}: DeleteOptions): object {
  return {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    ...(propagationPolicy && { propagationPolicy }),
    ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
    ...(dryRun && { dryRun: ['All'] }),
    ...((uid ?? resourceVersion) && {
      preconditions: { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) },
    }),
  }
}

/** The answer about something instead of it. */
export interface Status {
  readonly kind: 'Status'
  readonly details?: { readonly uid?: string }
}

export function isStatus(body: { readonly kind?: string }): body is Status {
  return body.kind === 'Status'
}
