/** The operator's bundle with nothing to do, started as in a pod: how soon it is ready, and what it holds in memory. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pass } from 'node:timers/promises'
import { pods } from '../src/controller/resources.ts'
import { resource } from '../src/kube/resource.ts'
import { type Api, connectApi } from './api.ts'
import type { Bench, Figures } from './bench.ts'

const repository = join(import.meta.dirname, '..')
const bundle = join(repository, 'dist', 'canary-operator.cjs')
const operator = { namespace: 'canary-system', serviceAccount: 'canary-operator' }
const port = 18_081
const idleMs = 10_000

export const operatorStart: Bench = {
  name: 'operator-start',
  about:
    "The operator's bundle, with a Lease, its own rights, on a cluster with next to no pods and no resource to care for, started as a pod would: a service account's " +
    'token and CA under /var/run/secrets, KUBERNETES_SERVICE_HOST set. Ready: /readyz answers 200, asked every 2 ms; from exec of ' +
    "node, and from the operator's line that it has its credentials. Memory: VmRSS after 10 s at rest, and the most it ever was.",
  place: 'cluster',
  columns: {
    readyMs: { title: 'exec to ready, ms', digits: 0 },
    afterCredentialsMs: { title: 'credentials to ready, ms', bar: 150, digits: 0 },
    rssMiB: { title: 'RSS at rest, MiB', bar: 60 },
    mostMiB: { title: 'RSS at most, MiB' },
  },
  async prepare() {
    execFileSync('make', ['--no-print-directory', 'bundle'], { cwd: repository, stdio: 'ignore' })
    execFileSync(process.execPath, ['tools/install.ts'], { cwd: repository, stdio: 'ignore' })
  },
  measure,
}

async function measure(): Promise<Figures> {
  const api = await connectApi()
  const { items } = await api.rest.list(pods, { limit: 500 }, () => 1)
  if (items.length > 100) throw new Error(`the cluster is not empty: it has ${items.length} pods`)
  const secrets = mkdtempSync(join(tmpdir(), 'bench-operator-'))
  try {
    await writeServiceAccount(api, secrets)
    return await start(secrets)
  } finally {
    rmSync(secrets, { recursive: true })
    api.transport.close()
  }
}

const configMaps = resource<ConfigMap>({
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
})

interface ConfigMap {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string }
  readonly data?: Readonly<Record<string, string>>
}

/** The three files that the kubelet puts into a pod. */
async function writeServiceAccount({ rest, transport }: Api, directory: string): Promise<void> {
  const { namespace, serviceAccount } = operator
  const authority = await rest.get(configMaps, { namespace, name: 'kube-root-ca.crt' })
  const { body } = await transport.request<{ readonly status: { readonly token: string } }>({
    method: 'POST',
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  })
  writeFileSync(join(directory, 'ca.crt'), authority.data?.['ca.crt'] ?? '')
  writeFileSync(join(directory, 'namespace'), namespace)
  writeFileSync(join(directory, 'token'), body.status.token)
}

/** In a mount namespace of its own, so that /var/run/secrets is there for it alone; becomes node when told to go. */
const launch = `
set -e
mount -t tmpfs none /var/run/
mkdir -p /var/run/secrets/kubernetes.io/serviceaccount
cp "$SECRETS"/* /var/run/secrets/kubernetes.io/serviceaccount/
unset SECRETS KUBECONFIG
echo prepared
read go
exec "$@"
`

async function start(secrets: string): Promise<Figures> {
  const command = [
    process.execPath,
    '--no-maglev',
    bundle,
    '--health-address',
    `127.0.0.1:${port}`,
    '--metrics-address',
    '0',
  ]
  const child = spawn('unshare', ['--mount', 'sh', '-c', launch, 'sh', ...command], {
    env: {
      PATH: process.env['PATH'],
      SECRETS: secrets,
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: '6443',
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  try {
    const lines = createInterface({ input: child.stdout })
    let credentialsAt: number | undefined
    lines.on('line', (line) => {
      if (line.includes('"msg":"starting"')) credentialsAt = Date.parse(JSON.parse(line).time as string)
    })
    await once(lines, 'line')
    const startedAt = performance.timeOrigin + performance.now()
    child.stdin.end('go\n')
    const readyAt = await ready(ended)
    await pass(idleMs)
    if (credentialsAt === undefined) throw new Error('the operator did not say that it starts')
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    return {
      readyMs: readyAt - startedAt,
      afterCredentialsMs: readyAt - credentialsAt,
      rssMiB: mebibytes(status, 'VmRSS'),
      mostMiB: mebibytes(status, 'VmHWM'),
    }
  } finally {
    child.kill('SIGTERM')
    await ended
  }
}

/** Resolves with the moment at which /readyz says so. */
async function ready(ended: Promise<unknown>): Promise<number> {
  const end = ended.then(() => Promise.reject(new Error('the operator ended before it was ready')))
  for (;;) {
    const status = await Promise.race([ask(), end])
    if (status === 200) return performance.timeOrigin + performance.now()
    await pass(2)
  }
}

/** The status of /readyz, or undefined where nobody answers. */
function ask(): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = http.get({ host: '127.0.0.1', port, path: '/readyz', agent: false }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode))
    })
    request.once('error', () => resolve(undefined))
  })
}

function mebibytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1_024
}
