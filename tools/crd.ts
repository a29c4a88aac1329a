/**
 * The CustomResourceDefinition, made from the zod schema. What `kubectl get` shows and how `kubectl scale` finds the
 * replicas stands here; everything about fields stands in the schema.
 */
import { stringify } from 'yaml'
import {
  apiVersion,
  group,
  kind,
  plural,
  shortName,
  singular,
  version,
} from '../src/api/v1alpha1/constants.ts'
import { canaryStatefulSetSchema } from '../src/api/v1alpha1/schema.ts'
import { kubernetesTypes } from './kubernetes-fields.ts'
import { statefulSetStructure } from './kubernetes-structure.ts'
import { laidOver, type SchemaNode, structuralSchema } from './structural.ts'

/** kubectl keeps a copy of what it applied in an annotation of at most this many bytes. */
export const largestApply = 256 * 1024

const printerColumns = [
  { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'Where the rollout stands' },
  {
    name: 'Stable',
    type: 'integer',
    jsonPath: '.status.stableReplicas',
    description: 'Pods of the stable set',
  },
  {
    name: 'Canary',
    type: 'integer',
    jsonPath: '.status.canaryReplicas',
    description: 'Pods of the canary set',
  },
  {
    name: 'Ready',
    type: 'integer',
    jsonPath: '.status.readyReplicas',
    description: 'Ready pods of both sets',
  },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  { name: 'Stable Image', type: 'string', jsonPath: '.status.images.stable', priority: 1 },
  { name: 'Canary Image', type: 'string', jsonPath: '.status.images.canary', priority: 1 },
]

/** What we say of the resource: `metadata` is Kubernetes' own and must not be described. */
export function ownSchema(): SchemaNode {
  const schema = structuralSchema(canaryStatefulSetSchema)
  return {
    ...schema,
    required: ['spec'],
    properties: {
      ...schema.properties,
      apiVersion: { type: 'string', description: `Always ${apiVersion}.`, maxLength: 253 },
      kind: { type: 'string', description: `Always ${kind}.`, maxLength: 63 },
      metadata: { type: 'object' },
    },
  }
}

/** The schema of the resource as it stands in the CRD: ours, and below `spec.template` Kubernetes' where we say nothing. */
export function resourceSchema(): SchemaNode {
  const own = ownSchema()
  const { spec } = own.properties ?? {}
  const template = spec?.properties?.template
  if (!spec || !template) throw new Error('the schema has no spec.template')
  const typed = laidOver(statefulSetStructure(kubernetesTypes()), template, 'spec.template')
  const properties = { ...spec.properties, template: typed }
  return { ...own, properties: { ...own.properties, spec: { ...spec, properties } } }
}

/** The CustomResourceDefinition as an object. */
export function crd() {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: {
        kind,
        listKind: `${kind}List`,
        plural,
        singular,
        shortNames: [shortName],
        categories: ['all'],
      },
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: {
            status: {},
            scale: {
              specReplicasPath: '.spec.replicas',
              statusReplicasPath: '.status.replicas',
              labelSelectorPath: '.status.selector',
            },
          },
          additionalPrinterColumns: printerColumns,
          schema: { openAPIV3Schema: resourceSchema() },
        },
      ],
    },
  }
}

/** `config/crd.yaml`. */
export function crdYaml(): string {
  return `# Generated from src/api/v1alpha1/schema.ts by \`make generate\`: change that instead.\n${stringify(crd(), { lineWidth: 0, aliasDuplicateObjects: false })}`
}
