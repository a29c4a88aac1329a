/**
 * From a zod schema to a structural OpenAPI v3 schema as a CRD demands it, one schema laid over another, and the checks.
 * zod's own output is close; what it says in words that a CRD must not contain is put here into words that it may.
 */
import { z } from 'zod'

/** A node of an OpenAPI schema; only the keywords that a CRD may use. */
export interface SchemaNode {
  type?: string
  description?: string
  properties?: Record<string, SchemaNode>
  additionalProperties?: SchemaNode
  items?: SchemaNode
  required?: string[]
  enum?: unknown[]
  default?: unknown
  nullable?: boolean
  format?: string
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  maxProperties?: number
  anyOf?: { type: string }[]
  'x-kubernetes-int-or-string'?: boolean
  'x-kubernetes-preserve-unknown-fields'?: boolean
  'x-kubernetes-list-type'?: string
  'x-kubernetes-list-map-keys'?: string[]
  'x-kubernetes-validations'?: { rule: string; message: string; messageExpression?: string }[]
}

type ZodNode = Omit<SchemaNode, 'additionalProperties' | 'properties' | 'items'> & {
  properties?: Record<string, ZodNode>
  additionalProperties?: ZodNode | boolean
  items?: ZodNode
}

/** Keywords in the order in which they are printed, the ones people look for first. */
const keywords = [
  'description',
  'type',
  'format',
  'enum',
  'default',
  'nullable',
  'pattern',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  'required',
  'x-kubernetes-int-or-string',
  'anyOf',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-validations',
] as const satisfies readonly (keyof SchemaNode)[]

/** The one form of int-or-string that the API server accepts: an anyOf without bounds of its own. */
export const intOrString: SchemaNode = {
  'x-kubernetes-int-or-string': true,
  anyOf: [{ type: 'integer' }, { type: 'string' }],
}

/** The structural schema of what a person may write. */
export function structuralSchema(schema: z.ZodType): SchemaNode {
  const drawn = z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', reused: 'inline' })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- zod's own type says no more than "some JSON schema"
  return structural(drawn as unknown as ZodNode)
}

function structural(node: ZodNode): SchemaNode {
  const result: SchemaNode = {}
  for (const keyword of keywords)
    if (node[keyword] !== undefined) Object.assign(result, { [keyword]: node[keyword] })
  if (result['x-kubernetes-int-or-string']) Object.assign(result, intOrString)
  if (result.minimum === Number.MIN_SAFE_INTEGER) delete result.minimum
  if (result.maximum === Number.MAX_SAFE_INTEGER) delete result.maximum
  if (node.items) result.items = structural(node.items)
  if (node.properties) {
    // A loose object has properties and additionalProperties together, which a CRD spells as preserve-unknown-fields.
    const children = Object.entries(node.properties).map(
      ([name, child]) => [name, structural(child)] as const,
    )
    if (node.additionalProperties) result['x-kubernetes-preserve-unknown-fields'] = true
    if (children.length > 0) result.properties = Object.fromEntries(children)
  } else if (typeof node.additionalProperties === 'object') {
    result.additionalProperties = structural(node.additionalProperties)
  }
  return result
}

/**
 * `ours` laid over `base`: what ours says counts, and what it leaves out is as in base. Throws where ours has a field that
 * base has not, or one of another type.
 */
export function laidOver(base: SchemaNode, ours: SchemaNode, path = ''): SchemaNode {
  if (ours.type !== base.type)
    throw new Error(`${path || '(root)'} is ${ours.type} to us and ${base.type} below`)
  const result: SchemaNode = { ...base, ...ours }
  if (base.items && ours.items) result.items = laidOver(base.items, ours.items, `${path}[]`)
  if (base.properties && ours.properties) {
    const children = Object.entries(ours.properties).map(([name, child]) => {
      const below = base.properties?.[name]
      if (!below) throw new Error(`${path}.${name} is not there below`)
      return [name, laidOver(below, child, `${path}.${name}`)] as const
    })
    result.properties = { ...base.properties, ...Object.fromEntries(children) }
  }
  return result
}

/** What keeps a schema from being structural, a sentence each; empty when all is well. */
export function structuralProblems(node: SchemaNode): string[] {
  return problemsOf(node, misshapen)
}

/** Where the API server could not price a CEL rule, a sentence each; empty when all is well. */
export function unboundedParts(node: SchemaNode): string[] {
  return problemsOf(node, unbounded)
}

function problemsOf(node: SchemaNode, check: (node: SchemaNode) => string[], path = ''): string[] {
  const problems = check(node).map((problem) => `${path || '(root)'} ${problem}`)
  for (const [name, child] of Object.entries(node.properties ?? {}))
    problems.push(...problemsOf(child, check, path ? `${path}.${name}` : name))
  if (node.additionalProperties) problems.push(...problemsOf(node.additionalProperties, check, `${path}.*`))
  if (node.items) problems.push(...problemsOf(node.items, check, `${path}[]`))
  return problems
}

function misshapen(node: SchemaNode): string[] {
  const known = new Set<string>([...keywords, 'properties', 'additionalProperties', 'items'])
  const problems = Object.keys(node)
    .filter((keyword) => !known.has(keyword))
    .map((keyword) => `uses ${keyword}, which a structural schema must not contain`)
  const isFree = node['x-kubernetes-int-or-string'] ?? node['x-kubernetes-preserve-unknown-fields']
  if (!node.type && !isFree) problems.push('has no type')
  if (node.properties && node.additionalProperties) problems.push('has properties and additionalProperties')
  if (node.type === 'array' && !node.items) problems.push('is an array without items')
  return problems
}

/** The API server prices a CEL rule by the longest value it could meet, and refuses one that is too dear. */
function unbounded(node: SchemaNode): string[] {
  const missing: string[] = []
  const isText = node.type === 'string' || node['x-kubernetes-int-or-string']
  if (isText && !node.enum && node.maxLength === undefined) missing.push('is a string without maxLength')
  if (node.type === 'array' && node.maxItems === undefined) missing.push('is an array without maxItems')
  if (node.additionalProperties && node.maxProperties === undefined)
    missing.push('is a map without maxProperties')
  return missing
}
