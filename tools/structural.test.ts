import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type SchemaNode, structuralProblems, structuralSchema } from './structural.ts'

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
      { type: 'object', maxProperties: 1, properties: {}, additionalProperties: { type: 'boolean' } },
      '(root) has properties and additionalProperties',
    ],
    ['an array without items', { type: 'array', maxItems: 1 }, '(root) is an array without items'],
    [
      'an unbounded string',
      { type: 'array', maxItems: 1, items: { type: 'string' } },
      '[] is a string without maxLength',
    ],
    [
      'an unbounded array',
      { type: 'array', items: { type: 'boolean' } },
      '(root) is an array without maxItems',
    ],
    [
      'an unbounded map',
      { type: 'object', additionalProperties: { type: 'boolean' } },
      '(root) is a map without maxProperties',
    ],
  ]

  it.each(bad)('names %s', (_, schema, sentence) => {
    expect(structuralProblems(schema)).toEqual([sentence])
  })
})
