/**
 * What happens in the cluster, live: keeps the newest state of the resource and of its pods, prints a line whenever
 * one of them changes in a way that people care about, and lets the walk-through wait for a state.
 */
import { type Pod, type Resource, claimsOf, stateOf } from './objects.ts'
import type { Screen } from './screen.ts'
import { type WatchEvent, watch } from './watch.ts'

export interface Live {
  readonly resource: Resource | undefined
  readonly pods: readonly Pod[]
  /** Resolves when the state is reached; rejects when it is not in time, or when watching ended. */
  until(state: State): Promise<void>
  /** Every wait that is under way, and every later one, rejects with this. */
  fail(why: Error): void
  stop(): void
}

export interface State {
  /** Completes "waited in vain until ...". */
  readonly what: string
  readonly seconds: number
  readonly holds: (live: Live) => boolean
}

interface Waiter {
  readonly state: State
  readonly resolve: () => void
  readonly reject: (why: Error) => void
}

/** Watches the one resource of this name and the pods that carry its name. */
export function watchLive(screen: Screen, namespace: string, name: string): Live {
  const waiters = new Set<Waiter>()
  const pods = new Map<string, Pod>()
  const shown = new Map<string, string>()
  let resource: Resource | undefined
  let failure: Error | undefined

  /** Prints what changed about one subject; what it already said is not said again. */
  function show(uid: string, subject: string, text: string): void {
    if (shown.get(uid) === text) return
    shown.set(uid, text)
    screen.event(subject, text)
  }

  function onResource({ type, object }: WatchEvent<Resource>): void {
    const { uid, name: subject } = object.metadata
    resource = type === 'DELETED' ? undefined : object
    if (type === 'DELETED') show(uid, subject, 'is gone')
    else if (object.status?.phase !== undefined)
      show(uid, subject, `${object.status.phase}: ${object.status.message ?? ''}`)
    wake()
  }

  function onPod({ type, object }: WatchEvent<Pod>): void {
    const { uid, name: subject } = object.metadata
    if (type === 'DELETED') {
      pods.delete(uid)
      show(uid, subject, `is gone, and claim ${claimsOf(object).join(', ')} is free`)
    } else {
      pods.set(uid, object)
      show(uid, subject, stateOf(object))
    }
    wake()
  }

  function wake(): void {
    for (const waiter of waiters) if (waiter.state.holds(live)) waiter.resolve()
  }

  function fail(why: Error): void {
    failure ??= why
    for (const waiter of waiters) waiter.reject(failure)
  }

  function until(state: State): Promise<void> {
    if (failure !== undefined) return Promise.reject(failure)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter = { state, resolve, reject }
    const inVain = () => reject(new Error(`waited ${state.seconds} s in vain until ${state.what}`))
    const deadline = setTimeout(inVain, state.seconds * 1000)
    waiters.add(waiter)
    wake()
    return promise.finally(() => {
      clearTimeout(deadline)
      waiters.delete(waiter)
    })
  }

  const live: Live = {
    get resource() {
      return resource
    },
    get pods() {
      return [...pods.values()]
    },
    until,
    fail,
    stop() {
      for (const running of watches) running.stop()
    },
  }
  const ended = (why: string) => fail(new Error(why))
  const here = ['--namespace', namespace]
  const watches = [
    watch(['canarystatefulsets', ...here, '--field-selector', `metadata.name=${name}`], onResource, ended),
    watch(['pods', ...here, '--selector', `canary.example.com/name=${name}`], onPod, ended),
  ]
  return live
}
