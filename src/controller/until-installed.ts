/**
 * The operator started before it was installed: then nothing it watches can be read, and each of its caches would say so
 * again and again. One question is asked first instead, and one sentence says what to do.
 */
import { isForbidden, isNotFound } from '../kube/client/api-error.ts'
import type { Rest } from '../kube/client/rest.ts'
import { type Clock, sleep } from '../kube/clock.ts'
import type { Log } from '../kube/log.ts'
import { canaryStatefulSets } from './resources.ts'

export interface UntilInstalledOptions {
  readonly rest: Pick<Rest, 'list'>
  readonly namespace: string | undefined
  readonly clock: Clock
  readonly log: Log
}

const askAgainMs = 3_000

/** The question is whether there is an answer, not what it is. */
const nobody = 'metadata.name=nobody'

/**
 * Resolves as soon as CanaryStatefulSets can be listed. Errors other than "no such resource" and "no right" resolve it,
 * too: the caches live with them. Rejects with the signal's reason.
 */
export async function untilInstalled(options: UntilInstalledOptions, signal: AbortSignal): Promise<void> {
  const { clock, log } = options
  let told = ''
  for (;;) {
    const lacking = await whatIsLacking(options, signal)
    signal.throwIfAborted()
    if (lacking === undefined) break
    if (told !== lacking.message) log.warn({ err: lacking.error }, lacking.message)
    told = lacking.message
    await sleep(clock, askAgainMs, signal)
  }
  if (told !== '') log.info({}, 'installed by now; starting')
}

interface Lacking {
  readonly message: string
  readonly error: unknown
}

async function whatIsLacking(
  { rest, namespace }: UntilInstalledOptions,
  signal: AbortSignal,
): Promise<Lacking | undefined> {
  try {
    await rest.list(canaryStatefulSets, { namespace, fieldSelector: nobody, signal })
    return undefined
  } catch (error) {
    if (isNotFound(error)) {
      return { message: 'the CRD is missing: run `make install`; waiting for it', error }
    }
    if (isForbidden(error)) {
      return { message: "the operator's rights are missing: run `make install`; waiting for them", error }
    }
    return undefined
  }
}
