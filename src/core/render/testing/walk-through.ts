/** The walk-through's manifest as the API server would hand it out: for tests of what is made from a resource. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { withDefaults } from '../../../api/v1alpha1/defaults.ts'
import type {
  CanaryStatefulSet,
  CanaryStatefulSetInput,
  CanaryStatefulSetSpecInput,
} from '../../../api/v1alpha1/types.ts'

const manifest = new URL('../../../../examples/redis-canary.yaml', import.meta.url)

/** `changes` are laid over the spec; `template` over spec.template. */
export function walkThrough(
  changes: Partial<CanaryStatefulSetSpecInput> = {},
  template: Partial<CanaryStatefulSetSpecInput['template']> = {},
): CanaryStatefulSet {
  const { apiVersion, kind, metadata, spec } = parse(readFileSync(manifest, 'utf8')) as CanaryStatefulSetInput
  return {
    apiVersion,
    kind,
    metadata: {
      namespace: 'default',
      uid: '0f5c1e52-0000-4000-8000-000000000001',
      resourceVersion: '1000',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: withDefaults({
      ...spec,
      ...changes,
      template: { ...spec.template, ...changes.template, ...template },
    }),
  }
}
