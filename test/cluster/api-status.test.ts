/**
 * Status, scale and what kubectl shows of a CanaryStatefulSet.
 */
import { beforeAll, describe, expect, it } from 'vitest'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { bareNamespace, bareSpec, refusal } from './bare-namespace.ts'

const space = bareNamespace('api-status')

describe('status and subresources', () => {
  const status = {
    phase: 'CanaryActive',
    message: 'The canary runs redis:7.0.5 on the data of redis-stable-2.',
    waiting: { for: 'a decision', since: '2026-01-01T00:00:00Z' },
    replicas: 3,
    stableReplicas: 2,
    canaryReplicas: 1,
    readyReplicas: 3,
    selector: 'canary.example.com/name=status',
    images: { stable: 'redis:6.2.6', canary: 'redis:7.0.5' },
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'Available',
        message: 'All is well',
        lastTransitionTime: '2026-01-01T00:00:00Z',
        observedGeneration: 1,
      },
    ],
  }

  beforeAll(async () => {
    await space.create({ ...bareSpec, replicas: 3 }, 'status')
    await kubectlOutput(space.patch('status', { status }, '--subresource=status'))
  })

  it('show phase, counts, and with -o wide the images', async () => {
    const short = await kubectlOutput(['get', 'csts', 'status', '-n', space.name])
    const wide = await kubectlOutput(['get', 'csts', 'status', '-n', space.name, '-o', 'wide'])

    expect(short.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['NAME', 'PHASE', 'STABLE', 'CANARY', 'READY', 'AGE'],
      ['status', 'CanaryActive', '2', '1', '3', expect.stringMatching(/^\d+s$/)],
    ])
    expect(wide.split('\n').map((line) => line.trim().split(/ {2,}/).slice(6))).toEqual([
      ['STABLE IMAGE', 'CANARY IMAGE'],
      ['redis:6.2.6', 'redis:7.0.5'],
    ])
  })

  it('let kubectl wait for a condition, and refuse a phase that does not exist', async () => {
    await kubectlOutput(['wait', '--for=condition=Ready', 'csts/status', '-n', space.name, '--timeout=5s'])

    expect(
      await refusal(space.patch('status', { status: { phase: 'Nonsense' } }, '--subresource=status')),
    ).toContain('status.phase: Unsupported value: "Nonsense"')
  })

  it('ignore a status that is written with the spec, and a spec that is written with the status', async () => {
    await kubectlOutput(space.patch('status', { status: { phase: 'Promoting' } }))
    await kubectlOutput(space.patch('status', { spec: { replicas: 9 } }, '--subresource=status'))

    expect(
      await kubectlOutput([
        'get',
        'csts',
        'status',
        '-n',
        space.name,
        '-o',
        'jsonpath={.status.phase} {.spec.replicas}',
      ]),
    ).toBe('CanaryActive 3')
  })

  it('scale the resource, and tell an autoscaler which pods it has', async () => {
    await space.create({ ...bareSpec, replicas: 1 }, 'scaled')
    await kubectlOutput(
      space.patch(
        'scaled',
        { status: { replicas: 1, selector: 'canary.example.com/name=scaled' } },
        '--subresource=status',
      ),
    )
    await kubectlOutput(['scale', 'csts', 'scaled', '-n', space.name, '--replicas=5'])

    const scale = JSON.parse(
      await kubectlOutput([
        'get',
        '--raw',
        `/apis/app.example.com/v1alpha1/namespaces/${space.name}/canarystatefulsets/scaled/scale`,
      ]),
    )
    expect(scale).toMatchObject({
      spec: { replicas: 5 },
      status: { replicas: 1, selector: 'canary.example.com/name=scaled' },
    })
    expect(await refusal(['scale', 'csts', 'scaled', '-n', space.name, '--replicas=-1'])).toContain(
      '--replicas=COUNT',
    )
  })

  it('are listed by the category all, and explained', async () => {
    expect(await kubectlOutput(['get', 'all', '-n', space.name, '-o', 'name'])).toContain(
      'canarystatefulset.app.example.com/status',
    )
    expect(await kubectlOutput(['explain', 'csts.spec.image'])).toContain(
      "The image to run; wins over the template's.",
    )
  })
})
