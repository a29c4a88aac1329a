/**
 * The whole operator on the fake API, for tests of what it calls: with sets that run, both policies in force, and one
 * resource that a test edits as a person would.
 */
import type { CanaryStatefulSet } from '../../api/v1alpha1/types.ts'
import { ApiError } from '../../kube/client/api-error.ts'
import type { KubernetesObject } from '../../kube/object.ts'
import { type Log, silentLog } from '../../kube/log.ts'
import { runOperator } from '../operator.ts'
import { type Call, createFakeApi, type FakeApi, inWords } from './fake-api.ts'
import { runSets } from './fake-sets.ts'
import { createFastClock } from './fast-clock.ts'

export interface RunningOperator extends FakeApi {
  readonly log: readonly { readonly fields: Readonly<Record<string, unknown>>; readonly message: string }[]
  resource(): CanaryStatefulSet
  /** Writes the resource as a person would; a changed spec is a new generation. */
  edit(change: (resource: CanaryStatefulSet) => CanaryStatefulSet): void
  /** Resolves when it holds, now or after some change in the store. */
  until(holds: () => boolean): Promise<void>
  untilPhase(phase: string): Promise<void>
  /** The calls since the last time, in words; status writes and events left out. */
  newCalls(): readonly string[]
  restart(): Promise<void>
  stop(): Promise<void>
}

const guardRefusal = new ApiError(403, {
  reason: 'Forbidden',
  message: "ValidatingAdmissionPolicy 'canary-protect' with binding 'canary-protect' denied request: ...",
})

/** `there`: objects that are there before it, by their plural. */
export async function startOperator(
  resource: CanaryStatefulSet,
  there: Readonly<Record<string, readonly KubernetesObject[]>> = {},
): Promise<RunningOperator> {
  const api = createFakeApi()
  for (const [plural, objects] of Object.entries(there))
    for (const object of objects) api.store.put(plural, object)
  const log: { fields: Readonly<Record<string, unknown>>; message: string }[] = []
  const key = `${resource.metadata.namespace}/${resource.metadata.name}`
  runSets(api.store)
  api.refuse(({ fieldManager }) => (fieldManager === 'canary-guard-probe' ? guardRefusal : undefined))
  api.mutate((_, object) => JSON.parse(JSON.stringify(object).replaceAll('.ordinal"', '-0"')))
  store(resource)
  let running = run(api, log)
  let told = 0

  function store(object: CanaryStatefulSet): void {
    api.store.put('canarystatefulsets', object)
  }

  function until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const end = api.store.onEvent(check)
      function check(): void {
        if (!holds()) return
        end()
        // Not before the store has told everybody else.
        setImmediate(resolve)
      }
      check()
    })
  }

  function current(): CanaryStatefulSet {
    return api.store.get('canarystatefulsets', key) as unknown as CanaryStatefulSet
  }

  return {
    ...api,
    log,
    resource: current,
    edit(change) {
      const before = current()
      const after = change(before)
      const generation = before.metadata.generation + (after.spec === before.spec ? 0 : 1)
      store({ ...after, metadata: { ...after.metadata, generation } })
    },
    until,
    untilPhase: (phase) => until(() => current()?.status?.phase === phase),
    newCalls() {
      const fresh = api.calls.slice(told).filter(isTold)
      told = api.calls.length
      return fresh.map(inWords)
    },
    async restart() {
      await running.stop()
      running = run(api, log)
    },
    stop: () => running.stop(),
  }
}

function isTold({ plural }: Call): boolean {
  return plural !== 'canarystatefulsets/status' && plural !== 'events'
}

function run(api: FakeApi, log: { fields: Readonly<Record<string, unknown>>; message: string }[]) {
  const stopping = new AbortController()
  const note = (fields: Readonly<Record<string, unknown>>, message: string) =>
    void log.push({ fields, message })
  const kept: Log = { ...silentLog, info: note, warn: note, error: note }
  const options = { namespace: undefined, concurrency: 2, lease: undefined, identity: 'test' }
  const ended = runOperator(
    { rest: api.rest, clock: createFastClock(), log: kept, ...options },
    stopping.signal,
  )
  return {
    async stop() {
      stopping.abort()
      await ended
    },
  }
}
