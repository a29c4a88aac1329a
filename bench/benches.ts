/** All benches, in the order in which `make bench` runs them. */
import type { Bench } from './bench.ts'
import { cluster } from './cluster.ts'
import { connections } from './connections.ts'
import { eventToHandler } from './event-to-handler.ts'
import { halfDone } from './half-done.ts'
import { listPods, listPodsPaged } from './list-pods.ts'
import { operatorStart } from './operator-start.ts'
import { restore, restoreOfThree } from './restore.ts'
import { rollout } from './rollout.ts'
import { watchEvent } from './watch-event.ts'

export const benches: readonly Bench[] = [
  operatorStart,
  watchEvent,
  listPods,
  listPodsPaged,
  connections,
  eventToHandler,
  rollout,
  restore,
  restoreOfThree,
  halfDone,
  cluster,
]
