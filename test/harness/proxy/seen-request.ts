/**
 * What the proxy knows of a request and of its answer, in words of the API: verb, resource, selector, position. Nothing
 * is sent or changed here.
 */
import type { IncomingMessage } from 'node:http'

/** `watchList` is a watch that begins with everything there is; `other` is what is no resource of the API. */
export type Verb =
  | 'get'
  | 'list'
  | 'watchList'
  | 'watch'
  | 'create'
  | 'replace'
  | 'patch'
  | 'delete'
  | 'other'

export interface RequestFacts {
  readonly verb: Verb
  readonly method: string
  readonly url: string
  /** The plural, with its subresource: `pods`, `pods/status`. */
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly labelSelector: string | undefined
  readonly fieldSelector: string | undefined
  /** The resourceVersion that a list or a watch asks for. */
  readonly position: string | undefined
  readonly token: string | undefined
  readonly dryRun: boolean
}

export interface SeenRequest extends RequestFacts {
  /** What the client was answered; undefined while there is no answer, and where none ever came. */
  readonly status: number | undefined
  /** What the server answered; undefined where it never heard of the request. */
  readonly serverStatus: number | undefined
  /** Lines of the answer that were passed on whole; in a watch: events. */
  readonly lines: number
  /** Nothing more will come of it: answered to the end, or broken off on either side. */
  readonly isOver: boolean
}

/** Requests that have all of these, where an array means any of its values; or those that a function takes. */
export type Match =
  | { readonly [Fact in keyof SeenRequest]?: SeenRequest[Fact] | readonly SeenRequest[Fact][] }
  | ((request: SeenRequest) => boolean)

export function matches(request: SeenRequest, match: Match): boolean {
  if (typeof match === 'function') return match(request)
  return Object.entries(match).every(([fact, wanted]) => {
    const value: unknown = request[fact as keyof SeenRequest]
    return Array.isArray(wanted) ? wanted.includes(value) : value === wanted
  })
}

const writeVerbs: readonly Verb[] = ['create', 'replace', 'patch', 'delete']

/** Whether it changes anything that others hang on: dry runs, Leases and Events do not. */
export function isWrite({ verb, dryRun, resource }: RequestFacts): boolean {
  return writeVerbs.includes(verb) && !dryRun && resource !== 'leases' && resource !== 'events'
}

/** The API server has done what was asked. */
export function isCarriedOut({ serverStatus = 0 }: SeenRequest): boolean {
  return serverStatus >= 200 && serverStatus < 300
}

/** It changed something that others hang on. */
export function isWritten(request: SeenRequest): boolean {
  return isWrite(request) && isCarriedOut(request)
}

export function factsOf({ method = 'GET', url = '/', headers }: IncomingMessage): RequestFacts {
  const { pathname, searchParams } = new URL(url, 'http://proxy')
  const target = targetOf(pathname)
  return {
    ...target,
    verb: target.resource === '' ? 'other' : verbOf(method, target.name, searchParams),
    method,
    url,
    labelSelector: searchParams.get('labelSelector') ?? undefined,
    fieldSelector: searchParams.get('fieldSelector') ?? undefined,
    position: searchParams.get('resourceVersion') ?? undefined,
    token: /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1],
    dryRun: searchParams.has('dryRun'),
  }
}

function verbOf(method: string, name: string | undefined, query: URLSearchParams): Verb {
  switch (method) {
    case 'GET':
      if (query.get('watch') === 'true')
        return query.get('sendInitialEvents') === 'true' ? 'watchList' : 'watch'
      return name === undefined ? 'list' : 'get'
    case 'POST':
      return 'create'
    case 'PUT':
      return 'replace'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return 'delete'
    default:
      return 'other'
  }
}

/** `/api/v1/namespaces/NAMESPACE/PLURAL/NAME/SUBRESOURCE`, and `/apis/GROUP/VERSION/...` in all groups but the core. */
function targetOf(path: string): Pick<RequestFacts, 'resource' | 'namespace' | 'name'> {
  const [root, ...rest] = path
    .split('/')
    .filter((segment) => segment !== '')
    .map(decodeURIComponent)
  rest.splice(0, root === 'api' ? 1 : 2)
  // A namespace itself is a resource of no namespace.
  const namespace = rest[0] === 'namespaces' && rest.length > 2 ? rest.splice(0, 2)[1] : undefined
  const [plural = '', name, subresource] = rest
  const known = root === 'api' || root === 'apis'
  const resource = subresource === undefined ? plural : `${plural}/${subresource}`
  return { resource: known ? resource : '', namespace, name }
}
