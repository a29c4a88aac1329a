import { describe, expect, it } from 'vitest'
import { editedBy } from './edited-by.ts'

const template = { 'f:template': { 'f:spec': {} } }
const ours = { manager: 'ours', fieldsV1: { 'f:spec': { 'f:replicas': {}, ...template } } }

function managed(...managedFields: readonly object[]) {
  return { metadata: { name: 'redis-stable', uid: 'u', resourceVersion: '1', managedFields } }
}

describe('editedBy', () => {
  it.each([
    ['nothing is known', managed()],
    ['only we wrote', managed(ours)],
    [
      'others wrote status and labels',
      managed(ours, {
        manager: 'kube-controller-manager',
        subresource: 'status',
        fieldsV1: { 'f:status': {}, 'f:metadata': {} },
      }),
    ],
    ['the managed fields were reset', managed({})],
    [
      'what the oldest writers wrote is under one name',
      managed({ manager: 'ancient-changes', fieldsV1: { 'f:spec': template } }),
    ],
  ])('is undefined where %s', (_, set) => {
    expect(editedBy(set, 'ours')).toBeUndefined()
  })

  it('names each field of the spec with who wrote it last', () => {
    const byKubectl = { manager: 'kubectl-set', fieldsV1: { 'f:spec': template } }
    const byFlux = { manager: 'flux', fieldsV1: { 'f:spec': { 'f:replicas': {}, 'f:minReadySeconds': {} } } }

    expect(editedBy(managed(ours, byKubectl, byFlux), 'ours')).toEqual({
      template: 'kubectl-set',
      replicas: 'flux',
      minReadySeconds: 'flux',
    })
  })
})
