/**
 * One request through the proxy, there and back, and the faults that strike it on its way.
 */
import type { ClientRequest, IncomingMessage, RequestOptions, ServerResponse } from 'node:http'
import { type AnswerStream, passOn } from './answer-stream.ts'
import type { ArmedFault, ArmedFaults } from './armed-faults.ts'
import type { ConnectionFault, Fault } from './fault.ts'
import type { GatedConnection } from './gated-connection.ts'
import { factsOf, type SeenRequest } from './seen-request.ts'

export interface Surroundings {
  readonly connection: GatedConnection
  readonly faults: ArmedFaults
  /** Opens a request to the server. */
  readonly ask: (options: RequestOptions) => ClientRequest
  /** To be called after every change of what is seen of the request. */
  readonly changed: () => void
}

export interface Exchange {
  readonly seen: SeenRequest
  /** Lets a fault that was just armed strike what is under way. */
  strikeOpen(): void
}

/** Begins at once. */
export function createExchange(
  { connection, faults, ask, changed }: Surroundings,
  request: IncomingMessage,
  response: ServerResponse,
): Exchange {
  const facts = factsOf(request)
  const seen: { -readonly [Fact in keyof SeenRequest]: SeenRequest[Fact] } = {
    ...facts,
    status: undefined,
    serverStatus: undefined,
    lines: 0,
    isOver: false,
  }
  let stream: AnswerStream | undefined

  function strikeConnection(): void {
    const found = faults.take(seen, 'reset', 'halfOpen', 'slow')
    if (found !== undefined) strikeBelow(connection, found)
  }

  function strikeStream(): void {
    if (stream === undefined) return
    const found = faults.take(seen, 'cutInLine', 'errorEvent')
    if (found !== undefined) stream.strike(found.fault)
  }

  /** What the server is to be asked, after whatever strikes on the way there; undefined: nothing. */
  async function pathToAsk(): Promise<string | undefined> {
    strikeConnection()
    if (connection.isSevered) return undefined
    const answer = faults.take(seen, 'answer')
    if (answer !== undefined) {
      seen.status = answer.fault.status
      answerByItself(response, answer.fault)
      return undefined
    }
    const hold = faults.take(seen, 'hold')
    changed()
    if (hold !== undefined) await aborted(hold.ended)
    return rewritten(facts.url, faults.take(seen, 'rewrite')?.fault.query)
  }

  function forward(path: string, body: Buffer): void {
    const outgoing = ask({ path, method: facts.method, headers: request.headers })
    outgoing.once('response', (answer) => void answerWith(answer))
    outgoing.once('error', () => connection.sever())
    // A write that has left its client arrives, whatever becomes of the client; a read ends with it.
    if (facts.method === 'GET') response.once('close', () => outgoing.destroy())
    outgoing.end(body)
  }

  async function answerWith(answer: IncomingMessage): Promise<void> {
    seen.serverStatus = answer.statusCode
    const lost = faults.take(seen, 'loseAnswer')
    if (lost !== undefined) {
      answer.resume()
      await lost.fault.strike?.()
      connection.sever()
      return
    }
    seen.status = answer.statusCode
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    // A watch has nothing to say at first, yet its client must know that it began.
    response.flushHeaders()
    const passed = (lines: number) => {
      seen.lines += lines
      changed()
    }
    stream = passOn(answer, response, { breakOff: connection.severSoon, passed })
    strikeStream()
    changed()
  }

  async function run(): Promise<void> {
    const body = await bytesOf(request)
    const path = await pathToAsk()
    changed()
    if (path !== undefined) forward(path, body)
  }

  response.once('close', () => {
    seen.isOver = true
    changed()
  })
  // The client broke off in the middle of its request.
  run().catch(() => connection.sever())
  return {
    seen,
    strikeOpen() {
      if (seen.isOver) return
      strikeConnection()
      strikeStream()
    },
  }
}

function strikeBelow(connection: GatedConnection, { fault, ended }: ArmedFault<ConnectionFault>): void {
  switch (fault.kind) {
    case 'reset':
      connection.sever()
      return
    case 'halfOpen':
      connection.freeze()
      ended.addEventListener('abort', connection.thaw, { once: true })
      return
    case 'slow':
      connection.slow(fault)
  }
}

function answerByItself(response: ServerResponse, fault: Extract<Fault, { kind: 'answer' }>): void {
  const { status, headers, body = { kind: 'Status', code: status, message: 'injected by the test' } } = fault
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

function rewritten(url: string, query: Readonly<Record<string, string>> = {}): string {
  const asked = new URL(url, 'http://proxy')
  for (const [name, value] of Object.entries(query)) asked.searchParams.set(name, value)
  return asked.pathname + asked.search
}

function aborted(signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  else signal.addEventListener('abort', () => resolve(), { once: true })
  return promise
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
