/**
 * The mirror as a process of its own that leads or waits, for tests that stop and kill it. Arguments: namespace, name of
 * the Lease, identity. KUBECONFIG says where the API server is. Writes a line when it leads; ends with 3 when it does
 * not any more. Where it is about to write the copy of a source called `freezes`, it says so and stops itself, between
 * the decision and the write, which is where no timer can run before the write.
 */
import { writeSync } from 'node:fs'
import { connect } from '../../../src/kube/client/connection.ts'
import { createRest } from '../../../src/kube/client/rest.ts'
import { createTransport } from '../../../src/kube/client/transport.ts'
import { fencedRest } from '../../../src/kube/leader-election/fenced-rest.ts'
import { LeadershipLost, runWhileLeading } from '../../../src/kube/leader-election/leader-election.ts'
import { createMirror } from './mirror.ts'

const [namespace = '', name = '', identity = ''] = process.argv.slice(2)
const rest = createRest(createTransport(await connect()))
let mayWrite = () => false
let isFrozen = false
const mirror = createMirror({
  namespace,
  rest,
  controller: { rest: fencedRest(rest, () => mayWrite()), concurrency: 4 },
  decided(key) {
    if (isFrozen || !key.endsWith('/freezes')) return
    isFrozen = true
    writeSync(1, 'freezing\n')
    process.kill(process.pid, 'SIGSTOP')
  },
})
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())
const watching = new AbortController()
const watched = mirror.watch(watching.signal)
try {
  const times = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 400 }
  await runWhileLeading(
    { rest, namespace, name, identity, ...times },
    async (leadership) => {
      mayWrite = () => leadership.holds()
      process.stdout.write('leading\n')
      await mirror.control(leadership.signal)
    },
    stop.signal,
  )
} catch (error) {
  if (!(error instanceof LeadershipLost)) throw error
  process.exitCode = 3
} finally {
  watching.abort()
  await watched
}
