import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const repository = join(import.meta.dirname, '..')
let bin: string

beforeEach(async () => {
  bin = await mkdtemp(join(tmpdir(), 'install-'))
})
afterEach(() => rm(bin, { recursive: true }))

/** A kubectl that answers by the first word of its arguments, as shell cases. */
async function fakeKubectl(cases: string): Promise<void> {
  const path = join(bin, 'kubectl')
  await writeFile(path, `#!/bin/sh\ncase "$*" in\n${cases}\nesac\n`)
  await chmod(path, 0o755)
}

function run(tool: string) {
  const env = { ...process.env, PATH: bin }
  return spawnSync(process.execPath, [join('tools', tool)], { cwd: repository, encoding: 'utf8', env })
}

describe('install', () => {
  it('ends with status 2 and one sentence where kubectl is missing', () => {
    const { status, stderr } = run('install.ts')

    expect(stderr).toBe('install: kubectl is not on the PATH: install it, then run this again\n')
    expect(status).toBe(2)
  })

  it('ends with status 2 and one sentence where no cluster answers', async () => {
    await fakeKubectl("*) echo 'connection refused' >&2; exit 1 ;;")

    const { status, stderr } = run('install.ts')

    expect(stderr).toBe(
      'install: no cluster answers to the current kubeconfig: set KUBECONFIG, or start a local cluster with `make cluster` (connection refused)\n',
    )
    expect(status).toBe(2)
  })

  it('ends with status 1 and the words of kubectl where something is refused', async () => {
    await fakeKubectl(
      `*/version*) echo '"gitVersion": "v1.36.4"' ;;\napply*) echo 'forbidden' >&2; exit 1 ;;`,
    )

    const { status, stdout, stderr } = run('install.ts')

    expect(stdout).toBe('install: Kubernetes 1.36.4 answers\n')
    expect(stderr).toBe('install: kubectl apply -f failed: forbidden\n')
    expect(status).toBe(1)
  })
})

/** The resource's conditions are not written yet when they are asked for first. */
const slowlyServed = `'get crd/'*)
  if [ -e "$0.asked" ]; then echo '{"status":{"conditions":[{"type":"Established","status":"True"}]}}'
  else : > "$0.asked"; echo '{"status":{"conditions":null}}'; fi ;;`

describe('install before Kubernetes 1.36', () => {
  it('leaves the hand-over policy out and says what that means', async () => {
    await fakeKubectl(
      [
        `*/version*) echo '"gitVersion": "v1.34.2"' ;;`,
        slowlyServed,
        `*/apis/*) echo '{"resources":[{"name": "validatingadmissionpolicies"}]}' ;;`,
        `*claim-handover*) echo 'must not be applied' >&2; exit 1 ;;`,
        `patch*) echo "ValidatingAdmissionPolicy 'canary-protect' denied request" >&2; exit 1 ;;`,
      ].join('\n'),
    )

    const { status, stdout, stderr } = run('install.ts')

    expect(stderr).toBe('')
    expect(stdout).toContain(
      'install: Kubernetes 1.34.2 has no MutatingAdmissionPolicy (1.36 has): canaryReplicas above 1 will be refused\n',
    )
    expect(status).toBe(0)
  })
})

describe('uninstall', () => {
  it('refuses while resources exist', async () => {
    await fakeKubectl(
      "get*) echo canarystatefulset.app.example.com/redis ;;\n*-l*) ;;\n*) echo 'must not be called' >&2; exit 1 ;;",
    )

    const { status, stderr } = run('uninstall.ts')

    expect(stderr).toMatch(/^uninstall: CanaryStatefulSets still exist: delete them while the operator runs/)
    expect(status).toBe(1)
  })

  it('ends well where nothing is installed', async () => {
    const words = 'Error from server (NotFound): the server could not find the requested resource'
    await fakeKubectl(`get* | *-l*) echo '${words}' >&2; exit 1 ;;`)

    const { status, stderr } = run('uninstall.ts')

    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  it('takes the guard policy away before the CRD', async () => {
    await fakeKubectl(`get* | *-l*) ;;\n*-f*) echo "$*" >> '${bin}/calls' ;;`)

    expect(run('uninstall.ts').status).toBe(0)

    const calls = spawnSync('/bin/cat', [join(bin, 'calls')], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n')
    expect(calls.map((call) => call.slice(call.indexOf('/config/') + '/config/'.length))).toEqual([
      'policies/protect.yaml',
      'policies/claim-handover.yaml',
      'rbac.yaml',
      'crd.yaml',
    ])
  })
})
