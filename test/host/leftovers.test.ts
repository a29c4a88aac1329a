/**
 * Nothing of a cluster is left on the machine after `down`, whether it ran pods or its `up` was killed half-way.
 */
import { rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import {
  foreignNamespaces,
  freshStateRoot,
  isListening,
  leftoversOf,
  livingNamespaces,
  machineTraces,
  processesOf,
  runCommand,
  said,
  startCommand,
  succeed,
} from './cluster-command.ts'

const NAME = 'host-gone'

let state: string
let env: Readonly<Record<string, string>>

beforeAll(() => {
  state = freshStateRoot()
  env = { CLUSTER_STATE: state }
})

afterAll(async () => {
  // A test that failed may have left its cluster.
  await succeed(['down', '--name', NAME], { env })
  rmSync(state, { recursive: true, force: true })
})

describe('after down', () => {
  it('of a cluster with a running pod on a claim, nothing is left', async () => {
    const traces = machineTraces()
    await succeed(['up', '--name', NAME], { env })
    await runPodOnClaim()
    const pids = processesOf(state, NAME)
    const namespaces = foreignNamespaces(pids)
    const port = await hostPort()
    // So that the emptiness below says something.
    expect(pids.length).toBeGreaterThan(14)
    expect(namespaces.names.size).toBeGreaterThanOrEqual(5)
    expect(livingNamespaces(namespaces)).toEqual([...namespaces.names])
    expect(await isListening(port)).toBe(true)

    const started = performance.now()
    await succeed(['down', '--name', NAME], { env })
    const seconds = (performance.now() - started) / 1000

    expect(leftoversOf(state, NAME)).toEqual([])
    expect(livingNamespaces(namespaces)).toEqual([])
    expect(await isListening(port)).toBe(false)
    expect(machineTraces()).toEqual(traces)
    // The bar is 1.5 s on a calm machine; a busy one must not fail the test, a wait that went wrong must.
    console.log(`down of a cluster with a running pod: ${seconds.toFixed(2)} s`)
    expect(seconds).toBeLessThan(8)
  })
})

describe('after down of a cluster whose up was killed', () => {
  // The early ones hit the writing of files and the making of the box, wherever that is on this machine.
  it.each([100, 150, 200, 250, 300, 350, 400, 500])(
    '%i ms after its start, nothing is left',
    async (after) => {
      const up = startCommand(['up', '--name', NAME], { env })
      const ended = new Promise((settle) => up.once('close', settle))
      await pause(after)
      up.kill('SIGKILL')
      // Not the end of its pipes: what it started may hold them.
      await Promise.race([ended, new Promise((settle) => up.once('exit', settle))])

      await expectNothingAfterDown()
    },
  )

  it.each(['The box is made.', 'The API server is ready.', 'The node is Ready.'])(
    'when it had said "%s", nothing is left',
    async (line) => {
      const up = startCommand(['up', '--name', NAME], { env })
      const exited = new Promise((settle) => up.once('exit', settle))
      await said(up.stdout, line)
      up.kill('SIGKILL')
      await exited
      expect(processesOf(state, NAME).length).toBeGreaterThan(1)

      await expectNothingAfterDown()
    },
  )
})

describe('up after a killed up', () => {
  it('makes the cluster anew and says so', async () => {
    const up = startCommand(['up', '--name', NAME], { env })
    const exited = new Promise((settle) => up.once('exit', settle))
    await said(up.stdout, 'The API server is ready.')
    up.kill('SIGKILL')
    await exited

    const output = await succeed(['up', '--name', NAME], { env })
    expect(output).toContain('an earlier run did not finish')
    await expectNothingAfterDown()
  })
})

async function expectNothingAfterDown(): Promise<void> {
  const namespaces = foreignNamespaces(processesOf(state, NAME))
  await succeed(['down', '--name', NAME], { env })
  expect(leftoversOf(state, NAME)).toEqual([])
  expect(livingNamespaces(namespaces)).toEqual([])
}

async function hostPort(): Promise<number> {
  const file = (await succeed(['kubeconfig', '--name', NAME], { env })).trim()
  const view = [
    'kubectl',
    '--kubeconfig',
    file,
    'config',
    'view',
    '-o',
    'jsonpath={.clusters[0].cluster.server}',
  ]
  return Number(new URL(await succeed(['exec', '--name', NAME, '--', ...view], { env })).port)
}

const POD_ON_CLAIM = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Mi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: holder}
spec:
  containers:
  - name: holder
    image: busybox:1
    imagePullPolicy: IfNotPresent
    command: [sh, -c, 'echo kept > /data/file; sleep 3600']
    volumeMounts: [{name: data, mountPath: /data}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
`

async function runPodOnClaim(): Promise<void> {
  const kubectl = ['exec', '--name', NAME, '--', 'kubectl']
  await succeed([...kubectl, 'apply', '-f', '-'], { env, input: POD_ON_CLAIM })
  const wait = await runCommand(
    [...kubectl, 'wait', '--for=condition=Ready', 'pod/holder', '--timeout=60s'],
    { env },
  )
  expect(wait.status, wait.stderr).toBe(0)
}
