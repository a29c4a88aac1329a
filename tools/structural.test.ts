import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import {
  laidOver,
  type SchemaNode,
  structuralProblems,
  structuralSchema,
  unboundedParts,
} from './structural.ts'

describe('structuralSchema', () => {
  it('spells a loose object as preserve-unknown-fields', () => {
    const schema = structuralSchema(z.looseObject({ size: z.int().min(1) }))

    expect(schema).toEqual({
      type: 'object',
      required: ['size'],
      'x-kubernetes-preserve-unknown-fields': true,
      properties: { size: { type: 'integer', minimum: 1 } },
    })
  })

  it('leaves a strict object to the API server, which refuses unknown fields itself', () => {
    expect(structuralSchema(z.strictObject({ a: z.boolean() }))).toEqual({
      type: 'object',
      required: ['a'],
      properties: { a: { type: 'boolean' } },
    })
  })

  it('spells int-or-string in the one form that the API server accepts', () => {
    const quantity = z.union([z.int(), z.string()]).meta({ 'x-kubernetes-int-or-string': true, maxLength: 9 })

    expect(structuralSchema(quantity)).toEqual({
      maxLength: 9,
      'x-kubernetes-int-or-string': true,
      anyOf: [{ type: 'integer' }, { type: 'string' }],
    })
  })

  it('does not require what has a default, and lets defaults inside an empty object apply', () => {
    const schema = z.strictObject({ inner: z.strictObject({ n: z.int().min(0).default(3) }).prefault({}) })

    expect(structuralSchema(schema)).toEqual({
      type: 'object',
      properties: {
        inner: {
          type: 'object',
          default: {},
          properties: { n: { type: 'integer', minimum: 0, default: 3 } },
        },
      },
    })
  })

  it('spells a record as a map, and carries list types and rules through', () => {
    const rules = [{ rule: 'size(self) > 0', message: 'give one' }]
    const map = z
      .record(z.string(), z.string().max(5))
      .meta({ maxProperties: 2, 'x-kubernetes-validations': rules })

    expect(structuralSchema(map)).toEqual({
      type: 'object',
      maxProperties: 2,
      'x-kubernetes-validations': rules,
      additionalProperties: { type: 'string', maxLength: 5 },
    })
  })
})

describe('laidOver', () => {
  const base: SchemaNode = {
    type: 'object',
    properties: {
      name: { type: 'string' },
      ports: { type: 'array', items: { type: 'object', properties: { port: { type: 'integer' } } } },
    },
  }

  it('says what ours says, and what is below where ours says nothing', () => {
    const ours: SchemaNode = {
      type: 'object',
      required: ['name'],
      properties: {
        ports: {
          type: 'array',
          maxItems: 3,
          items: { type: 'object', properties: { port: { type: 'integer', minimum: 1 } } },
        },
      },
    }

    expect(laidOver(base, ours)).toEqual({
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: 'string' },
        ports: {
          type: 'array',
          maxItems: 3,
          items: { type: 'object', properties: { port: { type: 'integer', minimum: 1 } } },
        },
      },
    })
  })

  it('keeps the fields that ours does not name', () => {
    const bare: SchemaNode = { type: 'object', description: 'Ours.' }

    expect(laidOver(base, bare)).toEqual({ ...base, description: 'Ours.' })
  })

  it('refuses a field that is not there, and one of another type', () => {
    const other: SchemaNode = { type: 'object', properties: { name: { type: 'integer' } } }
    const more: SchemaNode = { type: 'object', properties: { nane: { type: 'string' } } }

    expect(() => laidOver(base, other, 'spec')).toThrow('spec.name is integer to us and string below')
    expect(() => laidOver(base, more, 'spec')).toThrow('spec.nane is not there below')
  })
})

describe('structuralProblems', () => {
  const bad: readonly (readonly [string, SchemaNode, string])[] = [
    ['a node without a type', { properties: {} }, '(root) has no type'],
    [
      'a forbidden keyword',
      { type: 'object', properties: { a: Object.assign({ type: 'object' }, { patternProperties: {} }) } },
      'a uses patternProperties, which a structural schema must not contain',
    ],
    [
      'properties beside additionalProperties',
      { type: 'object', properties: {}, additionalProperties: { type: 'boolean' } },
      '(root) has properties and additionalProperties',
    ],
    ['an array without items', { type: 'array' }, '(root) is an array without items'],
  ]

  it.each(bad)('names %s', (_, schema, sentence) => {
    expect(structuralProblems(schema)).toEqual([sentence])
  })

  it('names no value that may be anything', () => {
    expect(structuralProblems({ 'x-kubernetes-preserve-unknown-fields': true })).toEqual([])
  })
})

describe('unboundedParts', () => {
  const bad: readonly (readonly [string, SchemaNode, string])[] = [
    [
      'a string',
      { type: 'array', maxItems: 1, items: { type: 'string' } },
      '[] is a string without maxLength',
    ],
    ['an array', { type: 'array', items: { type: 'boolean' } }, '(root) is an array without maxItems'],
    [
      'a map',
      { type: 'object', additionalProperties: { type: 'boolean' } },
      '(root) is a map without maxProperties',
    ],
  ]

  it.each(bad)('names %s', (_, schema, sentence) => {
    expect(unboundedParts(schema)).toEqual([sentence])
  })
})
