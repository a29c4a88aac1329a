/**
 * Takes back what tools/install.ts made, the guard policy first: without the CRD it would deny every change of every
 * set in the cluster. Refuses while resources exist, since only the operator can take their finalizers off.
 */
import { join } from 'node:path'
import { ToolFailure, kubectl, runTool } from './kubectl.ts'
import { probeLabel } from './policy-probes.ts'

const config = join(import.meta.dirname, '..', 'config')

/** Every step says in one line what it did. */
async function uninstall(): Promise<void> {
  await kubectl(['delete', 'canarystatefulsets', '-n', 'canary-system', '-l', probeLabel, '--timeout=30s'])
  const { ok, stdout, stderr } = await kubectl([
    'get',
    'canarystatefulsets',
    '--all-namespaces',
    '-o',
    'name',
  ])
  // The second is said where kubectl still remembers a CRD that is gone.
  const neverInstalled = /doesn't have a resource type|could not find the requested resource/.test(stderr)
  if (!ok && !neverInstalled) throw new ToolFailure(stderr, 2)
  if (ok && stdout !== '') {
    throw new ToolFailure(
      'CanaryStatefulSets still exist: delete them while the operator runs (kubectl get csts -A lists them), then run this again',
      1,
    )
  }
  await remove('policies/protect.yaml')
  await remove('policies/claim-handover.yaml')
  console.log('uninstall: the policies are gone')
  await remove('rbac.yaml')
  await remove('crd.yaml')
  console.log('uninstall: the namespace canary-system, its service account and rights, and the CRD are gone')
}

async function remove(file: string): Promise<void> {
  const { ok, stderr } = await kubectl(['delete', '--ignore-not-found', '-f', join(config, file)])
  // An API server without MutatingAdmissionPolicy has nothing to delete either.
  if (!ok && !stderr.includes('no matches for kind')) throw new ToolFailure(stderr, 1)
}

await runTool('uninstall', uninstall)
