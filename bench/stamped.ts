/** What the bench of events to handlers and its writer agree on: the objects, and the clock that both can read. */
import { resource } from '../src/kube/resource.ts'

export const idleNamespace = 'bench-idle'
export const idle = 1_000
export const changes = 1_000
export const changedAtKey = 'bench.example.com/changed-at'

export const configMaps = resource({
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
})

export function nameOf(index: number): string {
  return `idle-${String(index).padStart(4, '0')}`
}

/** Ms since 1970 with fractions; the same for all processes of the machine, but for corrections of its clock. */
export function now(): number {
  return performance.timeOrigin + performance.now()
}
