/**
 * The structural schema of Kubernetes' StatefulSetSpec, made from its fields. It takes whatever a StatefulSet takes, of
 * this version of Kubernetes or a later one: fields that it does not know are kept at every level, nothing is required
 * or defaulted, and no value is judged but by its type.
 */
import { fieldType, type KubernetesTypes } from './kubernetes-fields.ts'
import { intOrString, type SchemaNode } from './structural.ts'

const root = 'StatefulSetSpec'

const plain: Readonly<Record<string, SchemaNode>> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  time: { type: 'string', format: 'date-time' },
  object: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  intOrString,
  // Also a fraction, `cpu: 0.5`, for which a structural schema has no word beside strings.
  quantity: { 'x-kubernetes-preserve-unknown-fields': true },
}

/**
 * Lists in which the API server refuses two entries of one key in a StatefulSet, too. In others, such as `env`, it
 * takes them; a list by keys in a CRD never does.
 */
export const uniqueByKeys: ReadonlySet<string> = new Set([
  'Container.volumeDevices',
  'Container.volumeMounts',
  'PodSpec.containers',
  'PodSpec.initContainers',
  'PodSpec.resourceClaims',
  'PodSpec.schedulingGates',
  'PodSpec.topologySpreadConstraints',
  'PodSpec.volumes',
  'ResourceRequirements.claims',
])

export function statefulSetStructure(types: KubernetesTypes): SchemaNode {
  const structureOf = (name: string): SchemaNode => {
    const fields = types[name]
    if (fields === undefined) return plain[name] ?? unknownType(name)
    const properties = Object.entries(fields).map(
      ([field, text]) => [field, fieldStructure(text, uniqueByKeys.has(`${name}.${field}`))] as const,
    )
    return {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      properties: Object.fromEntries(properties),
    }
  }
  const fieldStructure = (text: string, isUnique: boolean): SchemaNode => {
    const { of, collection, keys } = fieldType(text)
    const node = structureOf(of)
    if (collection === undefined) return node
    if (isUnique) return listByKeys(node, keys)
    // What stands for nothing in a list or map of Kubernetes' own is refused by a CRD that does not expect it.
    const entry = { ...node, nullable: true }
    return collection === 'map'
      ? { type: 'object', additionalProperties: entry }
      : { type: 'array', items: entry }
  }
  return structureOf(root)
}

/** A key must be required, for entries are told apart by it. */
function listByKeys(node: SchemaNode, keys: readonly string[]): SchemaNode {
  return {
    type: 'array',
    items: { ...node, required: [...keys] },
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': [...keys],
  }
}

function unknownType(name: string): never {
  throw new Error(`kubernetes-fields.json says nothing of ${JSON.stringify(name)}`)
}
