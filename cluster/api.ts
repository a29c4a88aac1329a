/**
 * Requests to a cluster's API server from outside of the box, through the relay, as its administrator. Just enough for
 * setting the cluster up and asking how it is; not a client for programs.
 */
import { readFileSync } from 'node:fs'
import { type Agent, request } from 'node:https'
import { join } from 'node:path'

import { Failure } from './failure.ts'
import type { Cluster, ClusterRecord } from './state/state.ts'

/** How to reach one API server. */
export interface Api {
  readonly port: number
  readonly token: string
  readonly authority: string
  readonly agent?: Agent
}

/** An answer; status 0 stands for "no answer". */
export interface ApiAnswer {
  readonly status: number
  readonly body: string
}

/** Parts of a request that most requests do without. */
export interface AskOptions {
  readonly body?: string
  readonly withinMs?: number
}

const ANSWER_WITHIN_MS = 5_000

/** The cluster's API server, from its state directory. */
export function apiOf(cluster: Cluster, record: ClusterRecord): Api {
  const authority = readFileSync(join(cluster.directory, 'etc', 'authority.crt'), 'utf8')
  return { port: record.port, token: record.token, authority }
}

/** Sends one request; a server that does not answer gives status 0 instead of an error. */
export function ask(api: Api, method: string, path: string, more: AskOptions = {}): Promise<ApiAnswer> {
  const { body, withinMs = ANSWER_WITHIN_MS } = more
  return new Promise((resolve) => {
    const nobody = (error: Error) => resolve({ status: 0, body: error.message })
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: api.port,
        ca: api.authority,
        method,
        path,
        headers: { authorization: `Bearer ${api.token}`, 'content-type': contentType(body) },
        timeout: withinMs,
        agent: api.agent,
      },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => (text += chunk))
        answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: text }))
        answer.once('error', nobody)
      },
    )
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')))
    outgoing.once('error', nobody)
    outgoing.end(body)
  })
}

/** The object at this path, or undefined when there is none or nobody answers. */
export async function readObject<Kind>(api: Api, path: string): Promise<Kind | undefined> {
  const answer = await ask(api, 'GET', path)
  return answer.status === 200 ? (JSON.parse(answer.body) as Kind) : undefined
}

/** Creates the object; one that is there already is left as it is. */
export async function createObject(api: Api, path: string, body: string): Promise<void> {
  const answer = await ask(api, 'POST', path, { body })
  if (answer.status !== 201 && answer.status !== 409) {
    throw new Failure(
      `The API server refused an object at ${path} (${answer.status}): ${answer.body.slice(0, 400)}`,
    )
  }
}

function contentType(body: string | undefined): string {
  return body === undefined || body.trimStart().startsWith('{') ? 'application/json' : 'application/yaml'
}
