/**
 * Two real nodes in one cluster: pods and volumes on both, a node that loses its power, and the same node back.
 */
import { rmSync } from 'node:fs'

import { afterAll, beforeAll, expect, it } from 'vitest'

import type { ClusterStatus } from '../../cluster/verbs/status.ts'
import { freshStateRoot, leftoversOf, runCommand, succeed } from './cluster-command.ts'

const NAME = 'host-two'

let state: string
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  state = freshStateRoot()
  env = { CLUSTER_STATE: state }
  await succeed(['up', '--name', NAME, '--nodes', '2'], { env })
})

afterAll(async () => {
  await succeed(['down', '--name', NAME], { env })
  expect(leftoversOf(state, NAME)).toEqual([])
  rmSync(state, { recursive: true, force: true })
})

function kubectl(...words: readonly string[]): Promise<string> {
  return succeed(['exec', '--name', NAME, '--', 'kubectl', ...words], { env })
}

/** Four pods, two on each node, that write a line of their own once and serve it. */
const SPREAD_SET = `
apiVersion: v1
kind: Service
metadata: {name: spread}
spec: {clusterIP: None, selector: {app: spread}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: spread}
spec:
  serviceName: spread
  replicas: 4
  podManagementPolicy: Parallel
  selector: {matchLabels: {app: spread}}
  template:
    metadata: {labels: {app: spread}}
    spec:
      terminationGracePeriodSeconds: 1
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: spread}}}
      containers:
      - name: server
        image: busybox:1
        command: [sh, -c, 'test -e /data/line || cat /proc/sys/kernel/random/uuid > /data/line; exec httpd -f -p 8080 -h /data']
        readinessProbe: {httpGet: {path: /line, port: 8080}, periodSeconds: 1}
        volumeMounts: [{name: data, mountPath: /data}]
  volumeClaimTemplates:
  - metadata: {name: data}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
`

interface Member {
  readonly name: string
  readonly uid: string
  readonly node: string
  readonly address: string
}

async function members(): Promise<readonly Member[]> {
  const columns = ['name', 'uid'].map((field) => `{.metadata.${field}}`)
  const path = `{range .items[*]}${columns.join(' ')} {.spec.nodeName} {.status.podIP}{"\\n"}{end}`
  const lines = (await kubectl('get', 'pods', '-l', 'app=spread', '-o', `jsonpath=${path}`))
    .trim()
    .split('\n')
  return lines.map((line) => {
    const [name = '', uid = '', node = '', address = ''] = line.split(' ')
    return { name, uid, node, address }
  })
}

/** What each pod serves, asked by the first pod: half of the answers come from the other node. */
async function linesOf(pods: readonly Member[]): Promise<readonly string[]> {
  const lines: string[] = []
  for (const { address } of pods) {
    lines.push(await kubectl('exec', 'spread-0', '--', 'wget', '-qO-', `http://${address}:8080/line`))
  }
  return lines
}

/** Name of the node of each claim's volume, by the name of the claim's pod. */
async function volumeNodes(): Promise<Readonly<Record<string, string>>> {
  const node = '{.spec.nodeAffinity.required.nodeSelectorTerms[0].matchExpressions[0].values[0]}'
  const path = `{range .items[*]}{.spec.claimRef.name} ${node}{"\\n"}{end}`
  const lines = (await kubectl('get', 'pv', '-o', `jsonpath=${path}`)).trim().split('\n')
  return Object.fromEntries(lines.map((line) => line.replace('data-', '').split(' ') as [string, string]))
}

async function statusOf(): Promise<ClusterStatus> {
  return JSON.parse((await runCommand(['status', '--json', '--name', NAME], { env })).stdout) as ClusterStatus
}

it('spreads a set over both nodes, keeps volumes on their node, and brings a lost node back with the same pods and data', async () => {
  await succeed(['exec', '--name', NAME, '--', 'kubectl', 'apply', '-f', '-'], { env, input: SPREAD_SET })
  await kubectl('rollout', 'status', 'statefulset/spread', '--timeout=90s')
  const before = await members()
  const lines = await linesOf(before)

  expect(before.map(({ node }) => node).toSorted()).toEqual(['n1', 'n1', 'n2', 'n2'])
  expect(await volumeNodes()).toEqual(Object.fromEntries(before.map(({ name, node }) => [name, node])))
  expect(new Set(lines).size).toBe(4)

  await succeed(['kill', 'n2', '--name', NAME], { env })
  await kubectl('wait', '--for=condition=Ready=Unknown', 'node/n2', '--timeout=60s')
  const lost = before.filter(({ node }) => node === 'n2').map(({ name }) => `pod/${name}`)
  await kubectl('wait', '--for=condition=Ready=False', ...lost, '--timeout=30s')
  const hurt = await statusOf()
  await succeed(['start', 'n2', '--name', NAME], { env })
  await kubectl('rollout', 'status', 'statefulset/spread', '--timeout=90s')
  const after = await members()

  expect(hurt).toMatchObject({ state: 'broken', unreadyNodes: ['n2'] })
  expect(hurt.parts.filter(({ state: part }) => part !== 'running').map(({ name }) => name)).toEqual([
    'containerd@n2',
    'kubelet@n2',
    'csi-driver@n2',
  ])
  expect(after.map(({ name, uid, node }) => ({ name, uid, node }))).toEqual(
    before.map(({ name, uid, node }) => ({ name, uid, node })),
  )
  expect(await linesOf(after)).toEqual(lines)
  expect(await statusOf()).toMatchObject({ state: 'up', unreadyNodes: [] })
})
