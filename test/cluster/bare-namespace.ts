/**
 * A namespace in which no operator works, for tests that speak to the API server as a person does, by kubectl. It is
 * made before the tests of a file and gone after them, with everything in it.
 */
import { afterAll, beforeAll, inject } from 'vitest'
import type { CanaryStatefulSet } from '../../src/api/v1alpha1/types.ts'
import { kubectl, kubectlOutput } from '../../tools/kubectl.ts'
import { runLabel } from '../harness/test-run.ts'

export const containers = [{ name: 'redis', image: 'redis:6.2.6' }]

/** The smallest spec that is accepted. */
export const bareSpec = { template: { template: { spec: { containers } } } } as const

export interface BareNamespace {
  readonly name: string
  /** A manifest in all its freedom: tests write fields that the types forbid. */
  manifest(spec: object, name?: string): object
  create(spec: object, name: string): Promise<CanaryStatefulSet>
  dryRun(spec: object): Promise<CanaryStatefulSet>
  /** Arguments of a merge patch of the resource. */
  patch(name: string, change: object, ...more: readonly string[]): readonly string[]
}

/** To be called at the top of a test file. */
export function bareNamespace(title: string): BareNamespace {
  const namespace = `${title}-${process.pid}`
  beforeAll(async () => {
    const labels = { [runLabel]: inject('testRun') }
    const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } }
    await kubectlOutput(['create', '-f', '-'], object)
  })
  afterAll(async () => {
    await kubectlOutput(['delete', 'namespace', namespace, '--timeout=90s'])
  })
  const manifest = (spec: object, name = 'redis') => ({
    apiVersion: 'app.example.com/v1alpha1',
    kind: 'CanaryStatefulSet',
    metadata: { name, namespace },
    spec,
  })
  return {
    name: namespace,
    manifest,
    create: async (spec, name) =>
      JSON.parse(await kubectlOutput(['create', '-o', 'json', '-f', '-'], manifest(spec, name))),
    dryRun: async (spec) =>
      JSON.parse(
        await kubectlOutput(['create', '--dry-run=server', '-o', 'json', '-f', '-'], manifest(spec)),
      ),
    patch: (name, change, ...more) => {
      const target = ['csts', name, '-n', namespace]
      return ['patch', ...target, '--type=merge', '--patch', JSON.stringify(change), ...more]
    },
  }
}

/** What kubectl prints where the API server refuses; fails where it accepts. */
export async function refusal(args: readonly string[], input?: object): Promise<string> {
  const { ok, stderr } = await kubectl(args, input)
  if (ok) throw new Error(`accepted: kubectl ${args.join(' ')}`)
  return stderr
}
