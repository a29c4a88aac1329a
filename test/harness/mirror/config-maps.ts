/**
 * What the mirror reads and writes: ConfigMaps in two roles, told apart by a label, so that one watch brings both.
 */
import type { KubernetesObject, Manifest, ObjectRef } from '../../../src/kube/object.ts'
import { resource } from '../../../src/kube/resource.ts'

export interface ConfigMap extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>
}

export const configMaps = resource<ConfigMap>({
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
})

/** Label of all ConfigMaps that concern the mirror. */
export const roleLabel = 'mirror'

const suffix = '-copy'

export function isCopy({ metadata }: Manifest): boolean {
  return metadata.labels?.[roleLabel] === 'copy'
}

export function isSource({ metadata }: Manifest): boolean {
  return metadata.labels?.[roleLabel] === 'source'
}

export function sourceManifest({ namespace, name }: ObjectRef, text: string): Manifest {
  return {
    metadata: { ...(namespace && { namespace }), name, labels: { [roleLabel]: 'source' } },
    ...data(text),
  }
}

/** What the copy must look like: a function of its source. */
export function copyManifest({ metadata: { namespace, name }, data: { text = '' } = {} }: ConfigMap) {
  const labels = { [roleLabel]: 'copy' }
  return {
    metadata: { ...(namespace && { namespace }), name: name + suffix, labels },
    ...data(text.toUpperCase()),
  }
}

export function textOf(map: ConfigMap | undefined): string | undefined {
  return map?.data?.['text']
}

export function copyKeyOf(key: string): string {
  return key + suffix
}

/** The key of the source, from itself or from its copy; none for anything else. */
export function sourceKeysOf(key: string, map: ConfigMap): readonly string[] {
  if (isCopy(map)) return [key.slice(0, -suffix.length)]
  return isSource(map) ? [key] : []
}

function data(text: string) {
  return { data: { text } }
}
