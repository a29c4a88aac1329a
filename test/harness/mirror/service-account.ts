/**
 * A service account of the day's namespace that may do what the mirror does, with tokens as the kubelet gets them, in a
 * file that a kubeconfig names.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { resource } from '../../../src/kube/resource.ts'
import { kubectlOutput } from '../../../tools/kubectl.ts'
import type { BadDay } from './bad-day.ts'

export interface ServiceAccount {
  /** Names `file`, and leads through the day's proxy. */
  readonly kubeconfig: string
  readonly file: string
  /** A new token. */
  token(): Promise<string>
}

const name = 'mirror'
const accounts = resource({
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
})
const rights = { group: 'rbac.authorization.k8s.io', version: 'v1', namespaced: true } as const
const roles = resource({ ...rights, plural: 'roles', kind: 'Role' })
const bindings = resource({ ...rights, plural: 'rolebindings', kind: 'RoleBinding' })

export async function serviceAccount({ rest, namespace, proxy }: BadDay): Promise<ServiceAccount> {
  const metadata = { namespace, name }
  await rest.create(accounts, { metadata })
  const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['*'] }]
  await rest.create(roles, { metadata, rules })
  const roleRef = { apiGroup: rights.group, kind: 'Role', name }
  const subjects = [{ kind: 'ServiceAccount', namespace, name }]
  await rest.create(bindings, { metadata, roleRef, subjects })

  const directory = await mkdtemp(join(tmpdir(), 'canary-test-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  const file = join(directory, 'token')
  const kubeconfig = join(directory, 'kubeconfig')
  const content = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server: proxy.url } }],
    users: [{ name, user: { tokenFile: file } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  }
  await writeFile(kubeconfig, JSON.stringify(content))
  return {
    kubeconfig,
    file,
    token: async () => (await kubectlOutput(['create', 'token', name, '-n', namespace])).trim(),
  }
}
