import { describe, expect, it } from 'vitest'
import { statefulSetStructure } from './kubernetes-structure.ts'

const keeps = { 'x-kubernetes-preserve-unknown-fields': true }

/** The structure of one field of a StatefulSetSpec. */
function fieldOf(word: string, types: Readonly<Record<string, Readonly<Record<string, string>>>> = {}) {
  return statefulSetStructure({ StatefulSetSpec: { field: word }, ...types }).properties?.['field']
}

describe('statefulSetStructure', () => {
  it.each([
    ['string', { type: 'string' }],
    ['int32', { type: 'integer', format: 'int32' }],
    ['time', { type: 'string', format: 'date-time' }],
    ['quantity', keeps],
    ['intOrString', { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] }],
    ['object', { type: 'object', ...keeps }],
    ['list of string', { type: 'array', items: { type: 'string', nullable: true } }],
    ['map of quantity', { type: 'object', additionalProperties: { ...keeps, nullable: true } }],
    ['Port', { type: 'object', ...keeps, properties: { port: { type: 'integer', format: 'int32' } } }],
  ])('knows the form of %s', (word, form) => {
    expect(fieldOf(word, { Port: { port: 'int32' } })).toEqual(form)
  })

  it('tells the entries of a list apart only where Kubernetes refuses two of one key', () => {
    const pod = statefulSetStructure({
      StatefulSetSpec: { template: 'PodSpec' },
      PodSpec: { containers: 'list of Container by name' },
      Container: { name: 'string', env: 'list of EnvVar by name' },
      EnvVar: { name: 'string' },
    }).properties?.['template']
    const containers = pod?.properties?.['containers']

    expect(containers).toMatchObject({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: { required: ['name'] },
    })
    expect(containers?.items?.properties?.['env']).toEqual({
      type: 'array',
      items: { type: 'object', ...keeps, nullable: true, properties: { name: { type: 'string' } } },
    })
  })

  it('says so where a type is missing', () => {
    expect(() => fieldOf('Prot')).toThrow('kubernetes-fields.json says nothing of "Prot"')
  })
})
