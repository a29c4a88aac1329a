/**
 * Logging in by a program that a kubeconfig names (`exec`), as client-go does: it is told in KUBERNETES_EXEC_INFO what is
 * wanted, prints an ExecCredential, and is run again when that has expired. Nobody is asked anything.
 */
import { execFile as execFileWithCallback } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { abortReason, type Clock } from '../../clock.ts'
import { ConnectionConfigError } from '../connection-config-error.ts'
import type { ConnectionTls } from '../credentials.ts'
import { createDeadline } from '../../deadline.ts'
import { parseJson } from '../../json.ts'
import { type Fields, isFields, isText, type KubeconfigChoice } from './files.ts'
import type { Environment } from '../proxy.ts'

const execFile = promisify(execFileWithCallback)

export interface LoginCredentials {
  readonly authorization?: string
  readonly tls?: Pick<ConnectionTls, 'cert' | 'key'>
}

export interface ExecOptions {
  readonly env: Environment
  readonly clock: Clock
  /** Ends the program where it runs. */
  readonly signal?: AbortSignal | undefined
}

/** A program that has not printed anything by then waits for somebody who is not there. */
const limitMs = 60_000

interface ExecCredential {
  readonly kind?: unknown
  readonly status?: Fields
}

/**
 * Runs the program at the first call, and again when its credential has expired; one that names no time is kept for ever:
 * make a new login when the server does not accept it. Throws a ConnectionConfigError, or the signal's reason.
 */
export async function execLogin(
  choice: KubeconfigChoice,
  exec: Fields,
  { env, clock, signal }: ExecOptions,
): Promise<() => Promise<LoginCredentials>> {
  const { files, context } = choice
  const { command, args, installHint } = exec
  if (!isText(command) || exec['interactiveMode'] === 'Always') {
    const reason = isText(command) ? 'wants to ask a person' : 'names no command'
    throw new ConnectionConfigError(
      `${files}: the exec plugin of context "${context}" ${reason}; use a context with a certificate or a token.`,
    )
  }
  const variables = { ...env, ...variablesOf(exec), KUBERNETES_EXEC_INFO: await wanted(choice, exec) }
  let last: { readonly credentials: LoginCredentials; readonly expiresAtMs: number } | undefined

  async function run(): Promise<ExecCredential> {
    const deadline = createDeadline(clock, limitMs, signal, () => {
      return new Error(`it printed no credential within ${limitMs / 1000} s`)
    })
    try {
      const running = execFile(String(command), texts(args), { env: variables, signal: deadline.signal })
      running.child.stdin?.end()
      return parseJson((await running).stdout)
    } catch (error) {
      deadline.signal.throwIfAborted()
      throw error
    } finally {
      deadline.release()
    }
  }

  return async () => {
    if (last && clock.now() < last.expiresAtMs) return last.credentials
    try {
      last = credentialIn(await run())
      return last.credentials
    } catch (error) {
      if (signal?.aborted) throw abortReason(signal)
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      const hint = isMissing && isText(installHint) ? ` ${installHint.trim()}` : ''
      throw new ConnectionConfigError(
        `${files}: logging in with the exec plugin "${command}" of context "${context}" failed: ${reasonOf(error)}.${hint}`,
        error,
      )
    }
  }
}

function credentialIn({ kind, status }: ExecCredential) {
  if (kind !== 'ExecCredential' || !isFields(status)) throw new SyntaxError('no ExecCredential')
  const { token, clientCertificateData: cert, clientKeyData: key, expirationTimestamp } = status
  if (!isText(token) && !isText(cert))
    throw new Error('it gave neither a token nor a certificate; log in again')
  const expiresAtMs = isText(expirationTimestamp) ? Date.parse(expirationTimestamp) : Infinity
  const credentials: LoginCredentials = {
    ...(isText(token) && { authorization: `Bearer ${token}` }),
    ...(isText(cert) && isText(key) && { tls: { cert, key } }),
  }
  return { credentials, expiresAtMs }
}

async function wanted({ cluster }: KubeconfigChoice, exec: Fields): Promise<string> {
  const isToldCluster = exec['provideClusterInfo'] === true
  return JSON.stringify({
    kind: 'ExecCredential',
    apiVersion: exec['apiVersion'],
    spec: { interactive: false, ...(isToldCluster && { cluster: await infoOf(cluster) }) },
  })
}

async function infoOf(cluster: Fields): Promise<Fields> {
  const { extensions, 'certificate-authority': path, ...rest } = cluster
  const data =
    rest['certificate-authority-data'] ?? (isText(path) ? await readFile(path, 'base64') : undefined)
  const named = Array.isArray(extensions) ? extensions.filter(isFields<unknown>) : []
  const own = named.find(({ name }) => name === 'client.authentication.k8s.io/exec')
  return { ...rest, 'certificate-authority-data': data, config: own?.['extension'] }
}

function variablesOf({ env }: Fields): Environment {
  const entries = Array.isArray(env) ? env.filter(isFields<unknown>) : []
  return Object.fromEntries(entries.map(({ name, value }) => [String(name), String(value)]))
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

/** One line: what the program said last before it failed, or why it could not be run. */
function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'it gave nothing that is a credential'
  const { code, stderr, message } = error as { readonly code?: unknown; stderr?: string; message?: string }
  const [line = ''] = ((typeof code === 'number' ? stderr : message) ?? '').trim().split('\n')
  return line || 'it gave no reason'
}
