import { describe, expect, it } from 'vitest'
import { kubernetesTypes, type OpenApiDocument, reducedTypes } from './kubernetes-fields.ts'

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` })
const spec = 'io.k8s.api.apps.v1.StatefulSetSpec'

/** A document in which a StatefulSetSpec has these fields. */
function documentOf(
  properties: object,
  others: OpenApiDocument['components']['schemas'] = {},
): OpenApiDocument {
  return { components: { schemas: { [spec]: { type: 'object', properties }, ...others } } } as OpenApiDocument
}

describe('reducedTypes', () => {
  it.each([
    ['a plain value', { type: 'string', default: '', enum: ['a'] }, 'string'],
    ['a yes or no', { type: 'boolean' }, 'boolean'],
    ['a number', { type: 'integer', format: 'int64' }, 'int64'],
    ['a list', { type: 'array', items: { type: 'integer', format: 'int32' } }, 'list of int32'],
    ['a map', { type: 'object', additionalProperties: { type: 'string' } }, 'map of string'],
    ['anything', { type: 'object' }, 'object'],
    ['a time', { allOf: [ref('a.Time')] }, 'time'],
    ['a quantity', { additionalProperties: ref('a.Quantity') }, 'map of quantity'],
    ['a number or a word', ref('a.IntOrString'), 'intOrString'],
    ['another type', { allOf: [ref('a.Port')], default: {} }, 'Port'],
    [
      'a list by keys',
      { items: { allOf: [ref('a.Port')] }, 'x-kubernetes-list-map-keys': ['port', 'protocol'] },
      'list of Port by port, protocol',
    ],
  ])('has a word for %s', (_, node, word) => {
    const others = {
      'a.Time': { type: 'string', format: 'date-time' },
      'a.Quantity': { oneOf: [{ type: 'string' }, { type: 'number' }] },
      'a.IntOrString': { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
      'a.Port': { type: 'object', properties: { port: { type: 'integer', format: 'int32' } } },
    }

    expect(reducedTypes(documentOf({ field: node }, others))['StatefulSetSpec']).toEqual({ field: word })
  })

  it('has each type once, in the order of names, also one that leads back to itself', () => {
    const others = {
      'a.B': { properties: { z: { type: 'string' }, again: ref('a.B') } },
      'a.Unused': { properties: {} },
    }
    const types = reducedTypes(documentOf({ second: ref('a.B'), first: ref('a.B') }, others))

    expect(Object.entries(types).map(([name, fields]) => [name, ...Object.keys(fields)])).toEqual([
      ['B', 'again', 'z'],
      ['StatefulSetSpec', 'first', 'second'],
    ])
  })

  it('says so where it finds what it has no word for', () => {
    const taken = { 'a.B': { properties: {} }, 'c.B': { properties: {} } }

    expect(() => reducedTypes(documentOf({ field: { type: 'number' } }))).toThrow(
      'no word for {"type":"number"}',
    )
    expect(() => reducedTypes(documentOf({ field: ref('a.B') }))).toThrow('the OpenAPI document has no a.B')
    expect(() => reducedTypes(documentOf({ a: ref('a.B'), b: ref('c.B') }, taken))).toThrow(
      'c.B and a.B have one short name',
    )
  })
})

describe('the types in the repository', () => {
  it('lead from a StatefulSetSpec to the fields of a container', () => {
    const types = kubernetesTypes()

    expect(types['StatefulSetSpec']).toMatchObject({ template: 'PodTemplateSpec', minReadySeconds: 'int32' })
    expect(types['PodSpec']?.['containers']).toBe('list of Container by name')
    expect(types['Container']).toMatchObject({ env: 'list of EnvVar by name', readinessProbe: 'Probe' })
  })
})
