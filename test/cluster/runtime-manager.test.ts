/**
 * The operator's process as a kubelet and a Prometheus see it: probes, metrics, how it ends when it is asked to, in the
 * middle of a rollout and during its start, and with what words where it cannot start.
 */
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type Lease, leases } from '../../src/kube/leader-election/lease.ts'
import { condition } from '../harness/condition.ts'
import { leaseOf, type Operator, startOperator } from '../harness/operator.ts'
import { type FaultProxy, startFaultProxy } from '../harness/proxy/fault-proxy.ts'
import { atRestOn, canaryActive, deploy } from '../harness/rollout.ts'
import { applyResource, changeResource, openSpace, type Space } from '../harness/space.ts'
import { walkthrough } from '../harness/manifest.ts'
import { until } from '../harness/wait.ts'

const anyPort = ['--health-address', '127.0.0.1:0', '--metrics-address', '127.0.0.1:0']

interface LogLine {
  readonly msg: string
  readonly address?: string
  readonly pages?: readonly string[]
}

function linesOf({ log }: Operator): readonly LogLine[] {
  return log.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : []))
}

/** Waits for a line of the operator's log. */
function said(operator: Operator, is: (line: LogLine) => boolean, what: string): Promise<LogLine> {
  return condition(`the operator says ${what}`, () => linesOf(operator).find(is), [operator.onLine])
}

async function addressOf(operator: Operator, page: string): Promise<string> {
  const line = await said(operator, ({ pages }) => pages?.includes(page) ?? false, `where ${page} is`)
  return `http://${line.address}${page}`
}

async function read(url: string): Promise<{ readonly status: number; readonly text: string }> {
  const response = await fetch(url)
  return { status: response.status, text: await response.text() }
}

test('probes and metrics are answered, and tell what is there', async () => {
  const space = await openSpace('probes')
  const operator = await startOperator(space, { flags: anyPort })
  await applyResource(space, walkthrough({ namespace: space.namespace }))
  await atRestOn(space, 'redis:6.2.6')

  const health = await read(`${await addressOf(operator, '/healthz')}?verbose`)
  expect(health).toEqual({ status: 200, text: '[+]ping ok\nhealthz check passed\n' })
  const ready = await addressOf(operator, '/readyz')
  expect(await read(ready)).toEqual({ status: 200, text: 'ok' })
  expect((await read(`${ready}?verbose`)).text).toBe(
    '[+]ping ok\n[+]caches ok\n[+]shutdown ok\nreadyz check passed\n',
  )

  const { text } = await read(await addressOf(operator, '/metrics'))
  const readings = readingsOf(text)
  expect(readings.get('canary_statefulset_resources{phase="Stable"}')).toBe(1)
  const queue = 'name="canarystatefulset",controller="canarystatefulset"'
  expect(readings.get(`workqueue_depth{${queue},priority="0"}`)).toBe(0)
  expect(sumOf(readings, 'controller_runtime_reconcile_total')).toBeGreaterThan(0)
  expect(sumOf(readings, 'rest_client_requests_total')).toBeGreaterThan(0)
  expect(readings.get('process_resident_memory_bytes')).toBeGreaterThan(0)
  await operator.stop()
})

/** By name and labels; every line that is no comment has to be a reading. */
function readingsOf(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const match = /^([a-z_]+(?:\{(?:[a-z_]+="[^"]*",?)*\})?) (\S+)$/.exec(line)
      expect(match, line).not.toBeNull()
      expect(Number(match?.[2]), line).not.toBeNaN()
      return [match?.[1] ?? '', Number(match?.[2])]
    }),
  )
}

function sumOf(readings: ReadonlyMap<string, number>, name: string): number {
  let sum = 0
  for (const [key, value] of readings) if (key.startsWith(`${name}{`)) sum += value
  return sum
}

test('stopped in the middle of a rollout it gives its Lease back, and the standby goes on at once', async () => {
  const space = await openSpace('hand-over')
  await (await deploy(space)).stop()
  const first = await startOperator(space, { leaderElect: true })
  await said(first, ({ msg }) => msg === 'leading', 'that it leads')
  const standby = await startOperator(space, { leaderElect: true, flags: anyPort })
  // A standby is ready: it could take over.
  const ready = await addressOf(standby, '/readyz')
  await said(standby, ({ msg }) => msg === 'the Lease has a holder', 'that another one leads')
  expect((await read(ready)).status).toBe(200)

  await changeResource(space, { spec: { image: 'redis:7.0.5' } })
  await until(space, 'the rollout is under way', (seen) => seen.resource('redis')?.status?.phase !== 'Stable')
  await first.stop()
  const { spec } = await space.rest.get<Lease>(leases, { namespace: 'canary-system', name: leaseOf(space) })
  // Free, or the standby's already: in no case it has to run out.
  expect(linesOf(first).at(-1)?.msg).toBe('stopped')
  expect(spec.holderIdentity === '' || linesOf(standby).some(({ msg }) => msg === 'leading')).toBe(true)
  await canaryActive(space, 'redis:7.0.5')
  await standby.stop()
})

test('a stop during the start, when the API server does not answer, ends it in order', async () => {
  const space = await openSpace('stop-at-start')
  const { proxy, flags } = await throughProxy(space)
  proxy.inject({ kind: 'hold' })
  const operator = await startOperator(space, { flags: [...flags, ...anyPort], mayEnd: true })
  await condition('the operator asks for something', () => proxy.requests.length > 0, [proxy.onChange])
  const ready = await read(await addressOf(operator, '/readyz'))
  expect([ready.status, ready.text]).toEqual([503, expect.stringContaining('[-]caches failed: ')])
  await operator.stop()
  expect(linesOf(operator).at(-1)?.msg).toBe('stopped')
})

test('a second SIGTERM ends it at once, with a sentence', async () => {
  const space = await openSpace('twice')
  const { proxy, flags } = await throughProxy(space)
  const operator = await startOperator(space, { leaderElect: true, flags, mayEnd: true })
  await said(operator, ({ msg }) => msg === 'leading', 'that it leads')
  const held = proxy.inject({ kind: 'hold' }, { resource: 'leases' })
  process.kill(operator.pid, 'SIGTERM')
  await condition('the Lease is being given back', () => held.struck.length > 0, [proxy.onChange])
  process.kill(operator.pid, 'SIGTERM')
  expect(await operator.ended).toBe(1)
  expect(operator.log.at(-1)).toBe(
    'canary-operator: ended at once by a second signal (SIGTERM); what was running is left half done.',
  )
})

test('a port that is in use is one sentence, and the end', async () => {
  const space = await openSpace('port')
  const other = createServer().listen(0, '127.0.0.1')
  onTestFinished(() => void other.close())
  await once(other, 'listening')
  const { port } = other.address() as { readonly port: number }
  const flags = ['--metrics-address', `127.0.0.1:${port}`]
  const operator = await startOperator(space, { flags, mayEnd: true })
  expect(await operator.ended).toBe(2)
  expect(operator.log.filter((line) => !line.startsWith('{'))).toEqual([
    `canary-operator: The address 127.0.0.1:${port} is in use already; give another one, or end what listens there.`,
  ])
})

/** A proxy with faults in front of the API server, and the flags with which an operator goes through it. */
async function throughProxy(space: Space): Promise<{ readonly proxy: FaultProxy; readonly flags: string[] }> {
  const { connection } = space.cluster
  const { tls, headers } = await connection.credentials()
  const proxy = await startFaultProxy({ server: connection.server, tls })
  const directory = await mkdtemp(join(tmpdir(), 'canary-test-'))
  onTestFinished(async () => {
    await proxy.close()
    await rm(directory, { recursive: true })
  })
  const token = String(headers['authorization']).replace(/^Bearer /, '')
  const file = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'x',
    clusters: [{ name: 'x', cluster: { server: proxy.url } }],
    users: [{ name: 'x', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
  }
  const kubeconfig = join(directory, 'kubeconfig')
  await writeFile(kubeconfig, JSON.stringify(file))
  return { proxy, flags: ['--kubeconfig', kubeconfig] }
}
