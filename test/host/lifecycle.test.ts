/**
 * One cluster through its verbs: made, found well, entered, hurt part by part and mended, and a second one beside it.
 */
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import type { ClusterStatus } from '../../cluster/verbs/status.ts'
import {
  freshStateRoot,
  leftoversOf,
  type Outcome,
  runCommand,
  said,
  startCommand,
  succeed,
} from './cluster-command.ts'

const FIRST = 'host-first'
const SECOND = 'host-second'

let state: string
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  state = freshStateRoot()
  env = { CLUSTER_STATE: state }
  await succeed(['up', '--name', FIRST], { env })
})

afterAll(async () => {
  for (const name of [FIRST, SECOND]) await succeed(['down', '--name', name], { env })
  expect([...leftoversOf(state, FIRST), ...leftoversOf(state, SECOND)]).toEqual([])
  rmSync(state, { recursive: true, force: true })
})

function inCluster(name: string, command: readonly string[]): Promise<Outcome> {
  return runCommand(['exec', '--name', name, '--', ...command], { env })
}

async function kubectl(name: string, ...words: readonly string[]): Promise<string> {
  const outcome = await inCluster(name, ['kubectl', ...words])
  expect(outcome.stderr).toBe('')
  expect(outcome.status).toBe(0)
  return outcome.stdout
}

async function statusOf(name: string): Promise<ClusterStatus> {
  const outcome = await runCommand(['status', '--json', '--name', name], { env })
  return JSON.parse(outcome.stdout) as ClusterStatus
}

async function pidsOf(name: string): Promise<Readonly<Record<string, number | undefined>>> {
  const { parts } = await statusOf(name)
  return Object.fromEntries(parts.map((part) => [part.name, part.pid]))
}

function nodeUid(name: string): Promise<string> {
  return kubectl(name, 'get', 'node', 'n1', '-o', 'jsonpath={.metadata.uid}')
}

describe('a cluster that is up', () => {
  it('has every part running, a Ready node and less than 1.5 GB', async () => {
    const found = await statusOf(FIRST)

    expect(found.parts.filter((part) => part.state !== 'running')).toEqual([])
    expect(found).toMatchObject({ state: 'up', unreadyNodes: [] })
    expect(found.residentBytes).toBeLessThan(1.5e9)
  })

  it('is left alone by another up', async () => {
    const before = await pidsOf(FIRST)
    const output = await succeed(['up', '--name', FIRST], { env })

    expect(output).toContain(`Cluster ${FIRST} is up.`)
    expect(await pidsOf(FIRST)).toEqual(before)
  })

  it('is reached from the machine itself with its kubeconfig', async () => {
    const file = (await succeed(['kubeconfig', '--name', FIRST], { env })).trim()
    const program = (await inCluster(FIRST, ['sh', '-c', 'command -v kubectl'])).stdout.trim()
    // Started here, in the machine's own network, where the server of the box does not exist.
    const words = ['--kubeconfig', file, 'get', 'nodes', '-o', 'name']
    const node = execFileSync(program, words, { encoding: 'utf8' })

    expect(node).toBe('node/n1\n')
  })

  it('writes requests into its audit log, bodies left out', async () => {
    await kubectl(FIRST, 'get', '--raw', '/api/v1/namespaces/default/configmaps?labelSelector=audited')
    const audit = await succeed(['logs', 'audit', '--name', FIRST], { env })
    const events = audit
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
    const ours = events.filter(({ requestURI }) => String(requestURI).includes('labelSelector=audited'))

    expect(ours).toHaveLength(1)
    expect(ours[0]).toMatchObject({
      level: 'Metadata',
      verb: 'list',
      user: { username: 'admin' },
      responseStatus: { code: 200 },
    })
    expect(ours[0]).not.toHaveProperty('responseObject')
  })
})

describe('exec', () => {
  it('passes on input, output and exit status', async () => {
    const outcome = await runCommand(
      ['exec', '--name', FIRST, '--', 'sh', '-c', 'cat; echo said >&2; exit 7'],
      { env, input: 'hello' },
    )

    expect(outcome).toEqual({ status: 7, signal: null, stdout: 'hello', stderr: 'said\n' })
  })

  it('stays in the current directory and tells the name of the cluster', async () => {
    const outcome = await runCommand(['exec', '--name', FIRST, '--', 'sh', '-c', 'pwd; echo $CLUSTER_NAME'], {
      env,
      cwd: tmpdir(),
    })

    expect(outcome.stdout).toBe(`${tmpdir()}\n${FIRST}\n`)
  })

  it('ends as its command ends when that is killed', async () => {
    const outcome = await inCluster(FIRST, ['sh', '-c', 'kill -KILL $$'])

    expect(outcome.signal).toBe('SIGKILL')
  })
})

describe('a part that is killed', () => {
  it.each(['kube-apiserver', 'etcd', 'kubelet', 'csi-driver', 'relay'])(
    '%s stays dead until start, and then answers',
    async (part) => {
      await kubectl(FIRST, 'create', 'configmap', `before-${part}`)
      await succeed(['kill', part, '--name', FIRST], { env })
      const hurt = await statusOf(FIRST)
      const started = await succeed(['start', part, '--name', FIRST], { env })

      expect(hurt.state).toBe('broken')
      expect(hurt.parts.find(({ name }) => name === part)?.state).toBe('killed')
      expect(started).toContain(`${part} is running again.`)
      expect(await kubectl(FIRST, 'get', 'configmap', `before-${part}`, '-o', 'name')).toBe(
        `configmap/before-${part}\n`,
      )
      expect(await statusOf(FIRST)).toMatchObject({ state: 'up', unreadyNodes: [] })
    },
  )

  it('is mended by up, which keeps the cluster and says what it did', async () => {
    await kubectl(FIRST, 'create', 'configmap', 'before-mending')
    await succeed(['kill', 'kube-scheduler', '--name', FIRST], { env })
    const output = await succeed(['up', '--name', FIRST], { env })

    expect(output).toContain('kube-scheduler is dead: it is started again.')
    expect(await kubectl(FIRST, 'get', 'configmap', 'before-mending', '-o', 'name')).toBe(
      'configmap/before-mending\n',
    )
  })
})

describe('two clusters', () => {
  it('live side by side, are not ended while they are made, and end one by one', async () => {
    const up = startCommand(['up', '--name', SECOND], { env })
    const ended = new Promise((settle) => up.once('exit', settle))
    await said(up.stdout, 'The box is made.')
    const early = await runCommand(['down', '--name', SECOND], { env })
    const status = await ended
    const [first, second] = await Promise.all([nodeUid(FIRST), nodeUid(SECOND)])
    await succeed(['down', '--keep-logs', '--name', SECOND], { env })
    const kept = await succeed(['logs', 'kubelet', '--name', SECOND], { env })
    await succeed(['down', '--name', SECOND], { env })

    expect(kept).toContain('Successfully registered node')
    expect(status).toBe(0)
    expect(early.stderr).toContain(`Cluster ${SECOND} is busy: "up" is running as process ${up.pid}.`)
    expect(first).not.toBe(second)
    expect(leftoversOf(state, SECOND)).toEqual([])
    expect(await statusOf(FIRST)).toMatchObject({ state: 'up' })
    expect(await nodeUid(FIRST)).toBe(first)
  })
})
