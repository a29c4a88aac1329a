/**
 * The fields of Kubernetes' StatefulSetSpec, of all that is in it, and their types: what the API server says of them in
 * its OpenAPI, reduced to `kubernetes-fields.json`, one line a field. The CRD types what stands below `spec.template` by
 * it. Names and types only: what a value must be is the API server's to judge, by dry run and in its own words, and
 * defaults are its to set. Run against a cluster this writes the file anew; a cluster test compares the two.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { kubectlOutput, runTool } from './kubectl.ts'

/** Types by name. A type is its fields; a field is the name of a type, `list of X`, `list of X by a, b` or `map of X`. */
export type KubernetesTypes = Readonly<Record<string, Readonly<Record<string, string>>>>

/** The words that Kubernetes' OpenAPI uses of a field. */
interface OpenApiNode {
  readonly $ref?: string
  readonly allOf?: readonly OpenApiNode[]
  readonly oneOf?: readonly OpenApiNode[]
  readonly type?: string
  readonly format?: string
  readonly properties?: Readonly<Record<string, OpenApiNode>>
  readonly items?: OpenApiNode
  readonly additionalProperties?: OpenApiNode
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
}

/** `/openapi/v3/apis/apps/v1`, as far as it is read here. */
export interface OpenApiDocument {
  readonly components: { readonly schemas: Readonly<Record<string, OpenApiNode>> }
}

/** What stands in a field: one of a type, or several. */
export interface FieldType {
  readonly of: string
  readonly collection: 'list' | 'map' | undefined
  /** The fields by which Kubernetes tells the entries of a list apart. */
  readonly keys: readonly string[]
}

const root = 'io.k8s.api.apps.v1.StatefulSetSpec'
const file = join(import.meta.dirname, 'kubernetes-fields.json')

/** The types as they stand in the repository. */
export function kubernetesTypes(): KubernetesTypes {
  return JSON.parse(readFileSync(file, 'utf8')) as KubernetesTypes
}

/** Reads what `KubernetesTypes` says of a field. */
export function fieldType(text: string): FieldType {
  const [, collection, of = '', keys] = /^(?:(list|map) of )?(\w+)(?: by (.+))?$/.exec(text) ?? []
  return { of, collection: collection as FieldType['collection'], keys: keys?.split(', ') ?? [] }
}

/** StatefulSetSpec and every type that it leads to. */
export function reducedTypes({ components: { schemas } }: OpenApiDocument): KubernetesTypes {
  const names = new Map<string, string>()
  const types: Record<string, Readonly<Record<string, string>>> = {}
  const typeOf = (node: OpenApiNode): string => {
    const { $ref, allOf } = node
    if (allOf?.length === 1 && allOf[0] !== undefined) return typeOf(allOf[0])
    if ($ref === undefined) return plainType(node)
    const path = $ref.slice($ref.lastIndexOf('/') + 1)
    const schema = schemas[path]
    if (schema === undefined) throw new Error(`the OpenAPI document has no ${path}`)
    return schema.properties === undefined ? plainType(schema) : visit(path, schema.properties)
  }
  const visit = (path: string, properties: Readonly<Record<string, OpenApiNode>>): string => {
    const name = path.slice(path.lastIndexOf('.') + 1)
    const taken = names.get(name)
    if (taken === path) return name
    if (taken !== undefined) throw new Error(`${path} and ${taken} have one short name`)
    names.set(name, path)
    const fields = Object.entries(properties).map(([field, node]) => [field, fieldOf(node, typeOf)] as const)
    types[name] = Object.fromEntries(fields.toSorted(byName))
    return name
  }
  typeOf({ $ref: root })
  return Object.fromEntries(Object.entries(types).toSorted(byName))
}

function fieldOf(node: OpenApiNode, typeOf: (node: OpenApiNode) => string): string {
  if (node.additionalProperties !== undefined) return `map of ${typeOf(node.additionalProperties)}`
  if (node.items === undefined) return typeOf(node)
  const keys = node['x-kubernetes-list-map-keys']
  return `list of ${typeOf(node.items)}${keys === undefined ? '' : ` by ${keys.join(', ')}`}`
}

/** The word for a value without fields of its own. */
function plainType({ type, format, oneOf }: OpenApiNode): string {
  const either = oneOf?.map((one) => one.type).join(' or ')
  if (either === 'integer or string') return 'intOrString'
  if (either === 'string or number') return 'quantity'
  if (format === 'date-time') return 'time'
  if (format === 'int32' || format === 'int64') return format
  if (type === 'string' || type === 'boolean' || type === 'object') return type
  throw new Error(`no word for ${JSON.stringify({ type, format, oneOf })}`)
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1
}

async function write(): Promise<void> {
  const document = JSON.parse(await kubectlOutput(['get', '--raw', '/openapi/v3/apis/apps/v1']))
  const types = reducedTypes(document as OpenApiDocument)
  writeFileSync(file, `${JSON.stringify(types, undefined, 2)}\n`)
  console.log(`kubernetes-fields: wrote ${Object.keys(types).length} types; now run \`make generate\``)
}

if (import.meta.main) await runTool('kubernetes-fields', write)
