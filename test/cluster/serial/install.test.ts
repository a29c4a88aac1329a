/**
 * `make install` on a real cluster where everything is installed already. Serial, because two installs at once would
 * share one probe.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { kubectlOutput } from '../../../tools/kubectl.ts'

const installed = [
  'crd/canarystatefulsets.app.example.com',
  'clusterrole/canary-operator',
  'serviceaccount/canary-operator',
  'role/canary-operator',
  'validatingadmissionpolicy/canary-protect',
  'mutatingadmissionpolicy/canary-claim-handover',
]
const versions = [
  'get',
  ...installed,
  '-n',
  'canary-system',
  '-o',
  'jsonpath={.items[*].metadata.resourceVersion}',
]

function install(): Promise<{ readonly stdout: string }> {
  return promisify(execFile)(process.execPath, ['tools/install.ts'], {
    cwd: join(import.meta.dirname, '../../..'),
  })
}

it('says what it did, changes nothing the second time and leaves no probe behind', async () => {
  await install()
  const before = await kubectlOutput(versions)

  const { stdout } = await install()

  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(/^install: Kubernetes 1\.\d+\.\d+ answers$/),
    'install: the resource CanaryStatefulSet is served',
    'install: namespace canary-system, service account canary-operator and its rights are there',
    'install: the guard policy refuses strangers',
    'install: the hand-over policy completes the claim names of canary pods',
    'install: done; start the operator with `make run`',
    '',
  ])
  expect(await kubectlOutput(versions)).toBe(before)
  expect(
    await kubectlOutput(['get', 'csts,statefulsets,pods', '-n', 'canary-system', '-o', 'name']),
  ).not.toContain('probe')
})
