/**
 * A control plane with fake nodes: pods start, stop, fail and end as their tags say, claims are bound, and the verbs
 * know what kind of cluster it is.
 */
import { rmSync } from 'node:fs'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { ClusterStatus } from '../../cluster/verbs/status.ts'
import { freshStateRoot, leftoversOf, runCommand, succeed } from './cluster-command.ts'

const NAME = 'host-fake'
const SHAPE = ['--control-plane-only', '--fake-nodes', '2']

let state: string
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  state = freshStateRoot()
  env = { CLUSTER_STATE: state }
  await succeed(['up', '--name', NAME, ...SHAPE], { env })
})

afterAll(async () => {
  await succeed(['down', '--name', NAME], { env })
  expect(leftoversOf(state, NAME)).toEqual([])
  rmSync(state, { recursive: true, force: true })
})

function kubectl(...words: readonly string[]): Promise<string> {
  return succeed(['exec', '--name', NAME, '--', 'kubectl', ...words], { env })
}

function apply(yaml: string): Promise<string> {
  return succeed(['exec', '--name', NAME, '--', 'kubectl', 'apply', '-f', '-'], { env, input: yaml })
}

async function statusOf(): Promise<ClusterStatus> {
  return JSON.parse((await runCommand(['status', '--json', '--name', NAME], { env })).stdout) as ClusterStatus
}

/** Waits until a field of the pod has this value. */
function waitForField(pod: string, field: string, value: string): Promise<string> {
  return kubectl('wait', `--for=jsonpath={${field}}=${value}`, `pod/${pod}`, '--timeout=60s')
}

async function restartsOf(pod: string): Promise<number> {
  return Number(await kubectl('get', `pod/${pod}`, '-o', `jsonpath={${CONTAINER}.restartCount}`))
}

const CONTAINER = '.status.containerStatuses[0]'

describe('pods on fake nodes', () => {
  it('of a set become Ready one by one, with claims bound to volumes that go with them', async () => {
    await apply(SET_WITH_CLAIMS)
    await kubectl('rollout', 'status', 'statefulset/fake', '--timeout=60s')
    const claims = await kubectl('get', 'pvc', '-o', 'jsonpath={.items[*].status.phase}')
    await kubectl('delete', 'statefulset/fake', '--cascade=foreground', '--timeout=60s')
    await kubectl('wait', '--for=delete', 'pv', '--all', '--timeout=60s')

    expect(claims).toBe('Bound Bound')
    expect(await kubectl('get', 'pods,pvc,pv', '-o', 'name')).toBe('')
  })

  it('are slow, never Ready, crashing or without an image where a word of their tag says so', async () => {
    for (const word of ['start3s', 'unready', 'crash', 'nopull'])
      await kubectl('run', word, `--image=fake/app:2-${word}`)

    // Not `kubectl wait`, which wants the very number: the count goes on.
    await expect.poll(() => restartsOf('crash'), { timeout: 60_000, interval: 500 }).toBeGreaterThan(1)
    await waitForField('nopull', `${CONTAINER}.state.waiting.reason`, 'ImagePullBackOff')
    await waitForField('unready', '.status.phase', 'Running')
    await kubectl('wait', '--for=condition=Ready', 'pod/start3s', '--timeout=60s')
    const ready =
      '{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'

    expect((await kubectl('get', 'pods', '-o', `jsonpath=${ready}`)).trim().split('\n')).toEqual([
      'crash False',
      'nopull False',
      'start3s True',
      'unready False',
    ])
    await kubectl('delete', 'pods', '--all', '--timeout=60s')
  })

  it('of a Job end well, or badly where the tag says so', async () => {
    await kubectl('create', 'job', 'well', '--image=fake/job:1')
    await kubectl('create', 'job', 'badly', '--image=fake/job:1-crash')

    await kubectl('wait', '--for=condition=Complete', 'job/well', '--timeout=60s')
    await kubectl('wait', '--for=jsonpath={.status.failed}=1', 'job/badly', '--timeout=60s')
  })
})

describe('the verbs', () => {
  it('know the parts of this kind, of which a killed one is started again', async () => {
    await succeed(['kill', 'kwok', '--name', NAME], { env })
    const hurt = await statusOf()
    await succeed(['start', 'kwok', '--name', NAME], { env })
    const kubelet = await runCommand(['kill', 'kubelet', '--name', NAME], { env })

    expect(hurt.parts.find(({ name }) => name === 'kwok')?.state).toBe('killed')
    expect(await statusOf()).toMatchObject({ state: 'up', shape: { kind: 'fake', nodes: 2 } })
    expect(kubelet.stderr).toContain('There is no part "kubelet". The parts are: relay, etcd,')
  })

  it('leave it alone when up asks for the same, and refuse to make it another', async () => {
    const same = await succeed(['up', '--name', NAME, ...SHAPE], { env })
    const other = await runCommand(['up', '--name', NAME], { env })

    expect(same).toContain(`Cluster ${NAME} is up.`)
    expect(other.status).toBe(1)
    expect(other.stderr).toBe(
      `Cluster ${NAME} is running as a control plane with 2 fake nodes, not as one real node: end it first (down --name ${NAME}), or choose another name.\n`,
    )
  })
})

const SET_WITH_CLAIMS = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: fake}
spec:
  serviceName: fake
  replicas: 2
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}
  selector: {matchLabels: {app: fake}}
  template:
    metadata: {labels: {app: fake}}
    spec:
      containers: [{name: app, image: 'fake/app:1', volumeMounts: [{name: data, mountPath: /data}]}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
`
