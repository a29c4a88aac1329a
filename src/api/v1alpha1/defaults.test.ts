import { describe, expect, it } from 'vitest'
import { withDefaults } from './defaults.ts'
import { specSchema } from './schema.ts'
import type { CanaryStatefulSetSpecInput } from './types.ts'

const template = { template: { spec: { containers: [{ name: 'redis' }] } } } as const
const jobTemplate = { spec: { backoffLimit: 0 } } as const

describe('withDefaults', () => {
  const written: readonly (readonly [string, CanaryStatefulSetSpecInput])[] = [
    ['everything left out', { template }],
    ['zeros kept', { replicas: 0, canaryReplicas: 0, template }],
    [
      'Jobs that back up and restore',
      { template, volumes: { backup: { jobTemplate }, restore: { jobTemplate } } },
    ],
    ['empty objects filled', { template, promotion: {}, strategy: {}, rollback: {} }],
    [
      'everything given',
      {
        replicas: 5,
        canaryReplicas: 2,
        image: 'redis:7.0.5',
        container: 'redis',
        template: { ...template, serviceName: 'redis', somethingNewer: { a: [1] } },
        promotion: { type: 'auto', annotation: 'my.domain/promote', bakeSeconds: 60 },
        strategy: {
          progressDeadlineSeconds: 30,
          steps: [{ canaryReplicas: 1, bakeSeconds: 0, pause: true }, { canaryReplicas: 2 }],
        },
        rollback: { automatic: false },
        paused: true,
      },
    ],
  ]

  it.each(written)('says what the schema says: %s', (_, spec) => {
    expect(withDefaults(spec)).toEqual(specSchema.parse(spec))
  })

  it.each(written)('changes nothing the second time: %s', (_, spec) => {
    expect(withDefaults(withDefaults(spec))).toEqual(withDefaults(spec))
  })

  it('makes one replica of which one is the canary, promoted by hand, and taken back if it is not available within ten minutes', () => {
    expect(withDefaults({ template })).toEqual({
      replicas: 1,
      canaryReplicas: 1,
      template,
      promotion: { type: 'manual', annotation: 'canary.example.com/promote', bakeSeconds: 0 },
      strategy: { ordinals: 'Preserve', progressDeadlineSeconds: 600, steps: [] },
      rollback: { automatic: true },
      volumes: { snapshot: { policy: 'Auto', keep: 1, onDelete: 'Delete' }, onRollback: 'Restore' },
      deletionPolicy: 'Delete',
      paused: false,
    })
  })
})
