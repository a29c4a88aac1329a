/**
 * `docs/reference/api.md`: the fields of the API as tables, from the same schema as the CRD. Guides belong elsewhere;
 * here stands what each field is, its default and what is refused.
 */
import { annotations, apiVersion, finalizer, kind, labels, shortName } from '../src/api/v1alpha1/constants.ts'
import { ownSchema } from './crd.ts'
import type { SchemaNode } from './structural.ts'

interface Field {
  readonly path: string
  readonly node: SchemaNode
  readonly required: boolean
}

/** The whole page. */
export function apiReference(): string {
  const { spec, status } = ownSchema().properties ?? {}
  if (!spec || !status) throw new Error('the schema has no spec or no status')
  const template = spec.properties?.template
  if (!template) throw new Error('the schema has no spec.template')
  return `<!-- Generated from src/api/v1alpha1/schema.ts by \`make generate\`: change that instead. -->
# API reference: ${kind}

\`${apiVersion}\`, short name \`${shortName}\`. Finalizer \`${finalizer}\`. Field types are those of the API server.

## Spec

${table(fieldsOf(spec, 'spec').filter((field) => !field.path.startsWith('spec.template.')))}

Any other field of the spec is refused by kubectl.

## Template

\`spec.template\` is Kubernetes' own StatefulSetSpec, and \`kubectl explain csts.spec.template\` shows all of it. Nothing in it is required or defaulted but what stands here, and nothing is judged here but its type: the API server judges the rendered sets, before any pod is touched. A field of a newer Kubernetes is passed on as it is. These fields mean something to the operator:

${table(fieldsOf(template, 'spec.template'))}

## What is refused

${[...rulesOf(ownSchema(), '')].map(({ path, message }) => `- \`${path}\`: ${message.replaceAll('<', '&lt;')}.`).join('\n')}

## Status

${table(fieldsOf(status, 'status'))}

## Annotations and labels

| name | on | meaning |
|---|---|---|
| \`${annotations.promote}\` | the resource | promotes the canary: \`true\`, or the revision to promote; \`spec.promotion.annotation\` may name another |
| \`${annotations.abort}\` | the resource | takes the rollout back and rejects its revision: \`true\`, or that revision |
| \`${annotations.retry}\` | the resource | tries the rejected revision again: \`true\`, or that revision |
| \`${annotations.force}\` | the resource | the revision that the spec asks for: leaves the rollout and goes straight to it, every replica and no canary |
| \`${annotations.pauseReconciliation}\` | the resource | \`true\`: the operator writes nothing but what deletion needs |
| \`${annotations.unprotected}\` | the resource | lifts the guard policy for this resource; no rollout starts meanwhile |
| \`${annotations.rollout}\` | the stable set | the operator's record of the rollout; not for people |
| \`${labels.name}\` | sets, pods | the resource's name |
| \`${labels.role}\` | sets, pods | \`stable\` or \`canary\`; \`released\`, a replica that its set has let go of until its data is restored |
| \`${labels.revision}\` | pods | the revision that the pod runs |
| \`${labels.uid}\` | sets | the resource's uid |
`
}

function fieldsOf(node: SchemaNode, path: string): Field[] {
  const required = new Set(node.required)
  return Object.entries(node.properties ?? {}).flatMap(([name, child]) => {
    const here = `${path}.${name}`
    const inner = child.items ? fieldsOf(child.items, `${here}[]`) : fieldsOf(child, here)
    return [{ path: here, node: child, required: required.has(name) }, ...inner]
  })
}

function table(fields: readonly Field[]): string {
  const rows = fields.map(
    ({ path, node, required }) =>
      `| \`${path}\` | ${typeOf(node)} | ${required ? 'required' : defaultOf(node)} | ${cell(node)} |`,
  )
  return ['| field | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n')
}

function typeOf(node: SchemaNode): string {
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (node['x-kubernetes-int-or-string']) return 'integer or string'
  if (node.items) return `list of ${typeOf(node.items)}`
  if (node.additionalProperties) return `map to ${typeOf(node.additionalProperties)}`
  return node.format === 'date-time' ? 'time' : (node.type ?? 'any')
}

function defaultOf({ default: value }: SchemaNode): string {
  return typeof value === 'string' || typeof value === 'number' ? `\`${value}\`` : ''
}

function cell(node: SchemaNode): string {
  const limits = [
    node.minimum === undefined ? '' : `at least ${node.minimum}`,
    node.type === 'string' && node.maxLength !== undefined ? `at most ${node.maxLength} characters` : '',
    node.maxItems === undefined ? '' : `at most ${node.maxItems}`,
  ].filter((limit) => limit !== '')
  const meaning = [node.description ?? '', limits.length > 0 ? `(${limits.join(', ')})` : ''].join(' ').trim()
  return meaning.replaceAll('|', '\\|')
}

function* rulesOf(node: SchemaNode, path: string): Generator<{ path: string; message: string }> {
  for (const { message } of node['x-kubernetes-validations'] ?? [])
    yield { path: path || 'metadata', message }
  for (const [name, child] of Object.entries(node.properties ?? {}))
    yield* rulesOf(child, path === '' ? name : `${path}.${name}`)
  if (node.items) yield* rulesOf(node.items, `${path}[]`)
}
