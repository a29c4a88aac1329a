import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { crd, crdYaml, largestApply, ownSchema, resourceSchema } from './crd.ts'
import { type SchemaNode, structuralProblems, unboundedParts } from './structural.ts'

function nodeAt(path: string): SchemaNode {
  let node: SchemaNode | undefined = resourceSchema()
  for (const name of path.split('.')) node = name === '[]' ? node?.items : node?.properties?.[name]
  if (!node) throw new Error(`no ${path} in the schema`)
  return node
}

function* nodes(node: SchemaNode, path = ''): Generator<readonly [string, SchemaNode]> {
  yield [path, node]
  for (const [name, child] of Object.entries(node.properties ?? {})) yield* nodes(child, `${path}.${name}`)
  if (node.items) yield* nodes(node.items, `${path}[]`)
  if (node.additionalProperties) yield* nodes(node.additionalProperties, `${path}.*`)
}

describe('the CRD', () => {
  it('is structural', () => {
    expect(structuralProblems(resourceSchema())).toEqual([])
  })

  it('bounds every string, list and map outside of the template', () => {
    const { spec, status } = ownSchema().properties ?? {}
    if (!spec?.properties || !status) throw new Error('the schema has no spec or no status')
    const { template: _, ...others } = spec.properties

    expect(unboundedParts({ ...spec, properties: others })).toEqual([])
    expect(unboundedParts(status)).toEqual([])
  })

  it('can be applied from the client side, which keeps a copy of it in an annotation', () => {
    expect(Buffer.byteLength(JSON.stringify(crd()))).toBeLessThan(largestApply)
  })

  it('says in YAML what it says as an object, and the same every time', () => {
    expect(parse(crdYaml())).toEqual(JSON.parse(JSON.stringify(crd())))
    expect(crdYaml()).toBe(crdYaml())
  })

  it('keeps unknown fields everywhere below spec.template and in templates of Jobs, and nowhere else', () => {
    const objects = [...nodes(resourceSchema())].filter(
      ([, node]) => node.type === 'object' && !node.additionalProperties,
    )
    const keeping = objects
      .filter(([, node]) => node['x-kubernetes-preserve-unknown-fields'])
      .map(([path]) => path)
    const expected = objects
      .map(([path]) => path)
      .filter((path) => path.startsWith('.spec.template') || path.endsWith('.jobTemplate'))

    expect(keeping).toEqual(expected)
    expect(keeping.length).toBeGreaterThan(200)
  })

  it('types the template as Kubernetes does, with what we say of a field laid over it', () => {
    const container = 'spec.template.template.spec.containers.[]'

    expect(nodeAt(`${container}.ports.[].containerPort`)).toEqual({ type: 'integer', format: 'int32' })
    expect(nodeAt(`${container}.name`)).toMatchObject({ type: 'string', maxLength: 63 })
    expect(nodeAt(`${container}.readinessProbe`).description).toContain('Give one')
    expect(nodeAt(`${container}.readinessProbe.periodSeconds`)).toEqual({ type: 'integer', format: 'int32' })
    expect(nodeAt(container).required).toEqual(['name'])
  })

  it('requires and defaults nothing below spec.template but what the operator needs', () => {
    const template = [...nodes(nodeAt('spec.template'))]
    const required = template.flatMap(([path, node]) =>
      node['x-kubernetes-list-type'] === 'map'
        ? []
        : (node.required ?? []).map((field) => `${path}.${field}`),
    )
    const keys = template.flatMap(([path, { 'x-kubernetes-list-map-keys': names }]) =>
      (names ?? []).map((field) => `${path}[].${field}`),
    )

    expect(template.filter(([, node]) => node.default !== undefined)).toEqual([])
    expect(required.filter((field) => !keys.includes(field))).toEqual([
      '.template',
      '.template.spec',
      '.template.spec.containers',
      '.template.spec.volumes[].persistentVolumeClaim.claimName',
      '.volumeClaimTemplates[].metadata',
      '.volumeClaimTemplates[].spec',
      '.volumeClaimTemplates[].metadata.name',
    ])
  })

  it('has no field that is not built', () => {
    expect(Object.keys(nodeAt('spec').properties ?? {})).toEqual([
      'replicas',
      'canaryReplicas',
      'image',
      'container',
      'template',
      'promotion',
      'strategy',
      'rollback',
      'volumes',
      'migration',
      'deletionPolicy',
      'paused',
    ])
    expect(nodeAt('spec.promotion.type').enum).toEqual(['manual', 'auto'])
  })

  it('lets the API server fill in promotion and strategy where they are left out', () => {
    expect(nodeAt('spec').required).toEqual(['template'])
    expect(nodeAt('spec.promotion')).toMatchObject({ default: {} })
    expect(nodeAt('spec.promotion.annotation')).toMatchObject({ default: 'canary.example.com/promote' })
    expect(nodeAt('spec.strategy')).toMatchObject({ default: {} })
    expect(nodeAt('spec.strategy.progressDeadlineSeconds')).toMatchObject({ default: 600, minimum: 1 })
  })

  it('merges conditions by type, as metav1.Condition asks', () => {
    expect(nodeAt('status.conditions')).toMatchObject({
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    })
  })

  it('points the scale subresource and the printer columns at fields that exist', () => {
    const [version] = crd().spec.versions
    if (!version) throw new Error('the CRD has no version')
    const paths = [
      ...Object.values(version.subresources.scale),
      ...version.additionalPrinterColumns.map(({ jsonPath }) => jsonPath),
    ].filter((path) => !path.startsWith('.metadata.'))

    expect(paths.map((path) => nodeAt(path.slice(1)).type)).not.toContain(undefined)
    expect(paths).toContain('.status.selector')
  })

  it('gives each rule a message', () => {
    const rules = [...nodes(resourceSchema())].flatMap(([, node]) => node['x-kubernetes-validations'] ?? [])

    expect(rules.length).toBeGreaterThan(10)
    for (const rule of rules) expect(rule.message).toMatch(/^[a-z].{20,}[^.]$/)
  })
})
