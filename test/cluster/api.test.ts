/**
 * The API on a real API server: the walk-through manifest, the defaults and what is passed on unread. What is refused
 * is in api-refusals.test.ts, status and scale are in api-status.test.ts.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { withDefaults } from '../../src/api/v1alpha1/defaults.ts'
import type { CanaryStatefulSet, CanaryStatefulSetInput } from '../../src/api/v1alpha1/types.ts'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { bareNamespace, bareSpec } from './bare-namespace.ts'

const space = bareNamespace('api')
const walkthroughFile = join(import.meta.dirname, '../../examples/redis-canary.yaml')
const walkthrough = parse(readFileSync(walkthroughFile, 'utf8')) as CanaryStatefulSetInput

describe('the walk-through manifest', () => {
  it('is accepted to the letter', async () => {
    const stored: CanaryStatefulSet = JSON.parse(
      await kubectlOutput(['apply', '--dry-run=server', '-o', 'json', '-f', walkthroughFile]),
    )

    expect(stored.metadata).toMatchObject({ name: 'redis', namespace: 'default' })
    expect(stored.spec).toEqual(withDefaults(walkthrough.spec))
  })

  it('can be applied again and again without a change', async () => {
    const resource = { ...walkthrough, metadata: { name: 'walkthrough', namespace: space.name } }
    await kubectlOutput(['apply', '-f', '-'], resource)

    expect(await kubectlOutput(['apply', '-f', '-'], resource)).toBe(
      'canarystatefulset.app.example.com/walkthrough unchanged',
    )
    expect(
      await kubectlOutput([
        'get',
        'csts',
        'walkthrough',
        '-n',
        space.name,
        '-o',
        'jsonpath={.metadata.generation}',
      ]),
    ).toBe('1')
  })
})

describe('defaults', () => {
  it.each([
    ['everything left out', bareSpec],
    ['zeros', { ...bareSpec, replicas: 0, canaryReplicas: 0 }],
    ['empty objects', { ...bareSpec, promotion: {}, strategy: {}, rollback: {} }],
    [
      'one canary that is called 0',
      { ...bareSpec, canaryReplicas: 9, strategy: { ordinals: 'FromZero', steps: [{ canaryReplicas: 1 }] } },
    ],
    [
      'everything given',
      {
        replicas: 5,
        canaryReplicas: 7,
        image: 'redis:7.0.5',
        container: 'redis',
        template: { ...bareSpec.template, serviceName: 'redis' },
        promotion: { type: 'auto', annotation: 'my.domain/promote', bakeSeconds: 60 },
        strategy: {
          progressDeadlineSeconds: 30,
          steps: [
            { canaryReplicas: 1, bakeSeconds: 0, pause: true },
            { canaryReplicas: 1 },
            { canaryReplicas: 2 },
          ],
        },
        rollback: { automatic: false },
        deletionPolicy: 'Orphan',
        paused: true,
      },
    ],
  ] as const)('are those of withDefaults: %s', async (_, spec) => {
    expect((await space.dryRun(spec)).spec).toEqual(withDefaults(spec))
  })
})

describe('fields that the schema does not name', () => {
  it('are kept at every level of the template', async () => {
    const template = {
      template: {
        spec: {
          containers: [
            {
              name: 'redis',
              image: 'redis',
              resources: { requests: { cpu: '100m' } },
              newer: [1, { a: 'b' }],
            },
          ],
          initContainers: [{ name: 'first', command: ['true'] }],
          volumes: [
            { name: 'v', ephemeral: { volumeClaimTemplate: { spec: {} } } },
            { name: 'c', persistentVolumeClaim: { claimName: 'c', readOnly: true } },
          ],
          hostAliases: [{ ip: '127.0.0.1' }],
          affinity: { nodeAffinity: { newer: true } },
        },
        metadata: { labels: { a: 'b' }, annotations: { c: 'd' }, newer: 1 },
        newer: true,
      },
      ordinals: { start: 0, newer: 1 },
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1 } },
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data', labels: { x: 'y' } },
          spec: { resources: { requests: { storage: 1 }, newer: 1 }, newer: 2 },
          newer: 3,
        },
      ],
      newer: { deep: { deeper: null } },
    }

    expect((await space.dryRun({ template })).spec.template).toEqual(template)
  })
})
