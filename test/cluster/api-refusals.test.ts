/**
 * What the API server refuses of a CanaryStatefulSet, and in which words: they are all that a person gets to read.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ApiError } from '../../src/kube/client/api-error.ts'
import type { Manifest } from '../../src/kube/object.ts'
import { connectToCluster, type TestCluster } from '../harness/cluster.ts'
import { canaryStatefulSets } from '../harness/objects.ts'
import { bareNamespace, bareSpec, containers } from './bare-namespace.ts'

const space = bareNamespace('api-refusals')
let cluster: TestCluster

beforeAll(async () => {
  cluster = await connectToCluster()
})
afterAll(() => cluster.close())

/** Why the API server refuses a resource of this spec; kubectl asks it to be as strict. */
function refusalOf(spec: object, name = 'redis'): Promise<string> {
  const manifest = { metadata: { namespace: space.name, name }, spec } as Manifest
  return refusal(() =>
    cluster.rest.create(canaryStatefulSets, manifest, { dryRun: true, fieldValidation: 'Strict' }),
  )
}

/** Why it refuses this change of one that is there. */
function refusalOfChange(name: string, template: object): Promise<string> {
  const body = { spec: { template } }
  const ref = { namespace: space.name, name }
  return refusal(() => cluster.rest.patch(canaryStatefulSets, ref, { type: 'merge', body }))
}

async function refusal(write: () => Promise<unknown>): Promise<string> {
  try {
    await write()
  } catch (error) {
    if (error instanceof ApiError) return error.message
    throw error
  }
  return 'it was accepted'
}

const fromZero =
  'spec.strategy.ordinals FromZero allows one canary only, since a pod called 0 cannot tell whose claim it is to have: ' +
  'give spec.canaryReplicas and every one of spec.strategy.steps 1 canary, or use Preserve'

const jobTemplate = { spec: {} }

describe('what is refused', () => {
  it.each([
    [
      'a migration without a Job',
      { ...bareSpec, migration: {} },
      'spec.migration needs a spec.migration.jobTemplate to make its Job from; where somebody else makes that Job, give spec.migration.type External',
    ],
    [
      'a migration of somebody else with a Job of its own',
      { ...bareSpec, migration: { type: 'External', jobTemplate } },
      'spec.migration.type External takes no jobTemplate, since somebody else makes the Job: leave spec.migration.jobTemplate out, or give type Job',
    ],
    [
      'a migration of somebody else that mounts claims',
      { ...bareSpec, migration: { type: 'External', mountClaims: true } },
      'spec.migration.type External mounts nothing, since somebody else makes the Job: leave spec.migration.mountClaims out, or give type Job',
    ],
    [
      'a migration on claims before the first canary of several steps',
      {
        ...bareSpec,
        strategy: { steps: [{ canaryReplicas: 1 }, { canaryReplicas: 2 }] },
        migration: { jobTemplate, mountClaims: true, timing: 'BeforeCanary' },
      },
      'spec.migration with mountClaims and timing BeforeCanary runs once, on the claims of the first canaries, so it allows one step only: leave spec.strategy.steps out, or give timing BeforePromotion',
    ],
    [
      'a migration on claims that no canary displaces',
      { ...bareSpec, canaryReplicas: 0, migration: { jobTemplate, mountClaims: true } },
      'spec.migration with mountClaims gets the claims of the replicas that canaries displace, and spec.canaryReplicas 0 displaces none: give spec.canaryReplicas 1 or more, or leave spec.migration.mountClaims out',
    ],
    [
      'a backup that nothing restores',
      { ...bareSpec, volumes: { backup: { jobTemplate } } },
      'spec.volumes.backup and spec.volumes.restore belong together, since a backup is a way back only with a Job that restores it: give both, or neither',
    ],
    [
      'a restore without a backup',
      { ...bareSpec, volumes: { restore: { jobTemplate } } },
      'spec.volumes.backup and spec.volumes.restore belong together, since a backup is a way back only with a Job that restores it: give both, or neither',
    ],
    [
      'a backup beside VolumeSnapshots that are required',
      {
        ...bareSpec,
        volumes: {
          snapshot: { policy: 'Required' },
          backup: { jobTemplate },
          restore: { jobTemplate },
        },
      },
      'spec.volumes.backup takes the place of VolumeSnapshots, and spec.volumes.snapshot.policy Required asks for these: give policy Auto or None, or leave spec.volumes.backup and spec.volumes.restore out',
    ],
    [
      'a check without a Job',
      { ...bareSpec, rollback: { check: {} } },
      'spec.rollback.check.jobTemplate: Required value',
    ],
    [
      'a field that is not built',
      { ...bareSpec, analysis: {} },
      'strict decoding error: unknown field "spec.analysis"',
    ],
    [
      'a promotion that nobody makes',
      { ...bareSpec, promotion: { type: 'never' } },
      'spec.promotion.type: Unsupported value: "never": supported values: "manual", "auto"',
    ],
    [
      'a bake of less than no time',
      { ...bareSpec, promotion: { bakeSeconds: -1 } },
      'spec.promotion.bakeSeconds in body should be greater than or equal to 0',
    ],
    [
      'steps that shrink',
      { ...bareSpec, strategy: { steps: [{ canaryReplicas: 2 }, { canaryReplicas: 1 }] } },
      'spec.strategy.steps must not shrink: give each step as many canaryReplicas as the one before it, or more',
    ],
    [
      'a step without canaries',
      { ...bareSpec, strategy: { steps: [{ canaryReplicas: 0 }] } },
      'spec.strategy.steps[0].canaryReplicas in body should be greater than or equal to 1',
    ],
    [
      'a step that does not say how many',
      { ...bareSpec, strategy: { steps: [{ pause: true }] } },
      'spec.strategy.steps[0].canaryReplicas: Required value',
    ],
    [
      'a step with a field that is not built',
      { ...bareSpec, strategy: { steps: [{ canaryReplicas: 1, weight: 5 }] } },
      'strict decoding error: unknown field "spec.strategy.steps[0].weight"',
    ],
    [
      'more steps than anybody can follow',
      { ...bareSpec, strategy: { steps: Array.from({ length: 21 }, () => ({ canaryReplicas: 1 })) } },
      'spec.strategy.steps: Too many: 21: must have at most 20 items',
    ],
    ['no template', {}, 'spec.template: Required value'],
    [
      'no containers',
      { template: { template: { spec: { containers: [] } } } },
      'spec.template.template.spec.containers: Invalid value: 0: spec.template.template.spec.containers in body should have at least 1 items',
    ],
    [
      'fewer than no replicas',
      { ...bareSpec, replicas: -1 },
      'spec.replicas in body should be greater than or equal to 0',
    ],
    [
      'fewer than no canaries',
      { ...bareSpec, canaryReplicas: -1 },
      'spec.canaryReplicas in body should be greater than or equal to 0',
    ],
    ['an empty image', { ...bareSpec, image: '' }, 'spec.image in body should be at least 1 chars long'],
    [
      'no time to progress',
      { ...bareSpec, strategy: { progressDeadlineSeconds: 0 } },
      'spec.strategy.progressDeadlineSeconds in body should be greater than or equal to 1',
    ],
    [
      'two canaries that are both called 0',
      { ...bareSpec, canaryReplicas: 2, strategy: { ordinals: 'FromZero' } },
      fromZero,
    ],
    [
      'a step of canaries that are all called 0',
      {
        ...bareSpec,
        strategy: { ordinals: 'FromZero', steps: [{ canaryReplicas: 1 }, { canaryReplicas: 2 }] },
      },
      fromZero,
    ],
    [
      'ordinals that begin elsewhere',
      { ...bareSpec, strategy: { ordinals: 'FromOne' } },
      'spec.strategy.ordinals: Unsupported value: "FromOne": supported values: "Preserve", "FromZero"',
    ],
    [
      'a deletion that does something else',
      { ...bareSpec, deletionPolicy: 'Retain' },
      'spec.deletionPolicy: Unsupported value: "Retain": supported values: "Delete", "Orphan"',
    ],
    [
      'a pause that is no yes or no',
      { ...bareSpec, paused: 'soon' },
      'spec.paused: Invalid value: "string": spec.paused in body must be of type boolean: "string"',
    ],
    [
      'a rollback that is no yes or no',
      { ...bareSpec, rollback: { automatic: 1 } },
      'spec.rollback.automatic: Invalid value: "integer": spec.rollback.automatic in body must be of type boolean: "integer"',
    ],
    [
      'an image for a container that is not there',
      { ...bareSpec, image: 'a', container: 'cache' },
      'spec.container is cache, which is not the name of one of spec.template.template.spec.containers',
    ],
    [
      'a selector',
      { template: { ...bareSpec.template, selector: { matchLabels: { app: 'redis' } } } },
      'leave out spec.template.selector: the operator makes it',
    ],
    [
      'a pod management policy that does not exist',
      { template: { ...bareSpec.template, podManagementPolicy: 'Random' } },
      'supported values: "OrderedReady", "Parallel"',
    ],
    [
      'an annotation with another meaning',
      { ...bareSpec, promotion: { annotation: 'canary.example.com/rollout' } },
      'spec.promotion.annotation must be canary.example.com/promote or a name of your own: the others under canary.example.com/ have a meaning already',
    ],
    [
      'an annotation that cannot be one',
      { ...bareSpec, promotion: { annotation: 'not a name' } },
      'spec.promotion.annotation must be the name of an annotation, such as my.domain/promote',
    ],
    [
      'pods that are killed without waiting',
      { template: { template: { spec: { containers, terminationGracePeriodSeconds: 0 } } } },
      'terminationGracePeriodSeconds must be 1 or more: with 0 a pod is forgotten while it may still write to the claim that its successor mounts',
    ],
    [
      'our labels on pods',
      {
        template: {
          template: { metadata: { labels: { 'canary.example.com/role': 'stable' } }, spec: { containers } },
        },
      },
      "labels that begin with canary.example.com/ are the operator's: leave them out",
    ],
    [
      'our annotations on pods',
      {
        template: {
          template: { metadata: { annotations: { 'canary.example.com/x': '' } }, spec: { containers } },
        },
      },
      "annotations that begin with canary.example.com/ are the operator's: leave them out of the pod template",
    ],
    [
      'a claim template with our suffix',
      {
        template: {
          ...bareSpec.template,
          volumeClaimTemplates: [{ metadata: { name: 'data.ordinal' }, spec: {} }],
        },
      },
      "a claim template's name must not end in .ordinal: that suffix is the operator's",
    ],
    [
      'a claim with our suffix',
      {
        template: {
          template: {
            spec: { containers, volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'x.ordinal' } }] },
          },
        },
      },
      'a claim name must not end in .ordinal: the operator writes such names itself and completes them per pod',
    ],
    [
      'a volume with the name of a claim template',
      {
        template: {
          template: { spec: { containers, volumes: [{ name: 'data', emptyDir: {} }] } },
          volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }],
        },
      },
      'spec.template.template.spec.volumes must not repeat the name of a claim template: the claim would silently take its place',
    ],
    [
      'two containers of one name',
      { template: { template: { spec: { containers: [...containers, ...containers] } } } },
      'spec.template.template.spec.containers[1]: Duplicate value: {"name":"redis"}',
    ],
  ])('is %s', async (_, spec, sentence) => {
    expect(await refusalOf(spec)).toContain(sentence)
  })

  it.each([
    [
      'a name from which no set name can be made',
      'a'.repeat(46),
      'metadata.name must have at most 45 characters: the sets are called <name>-stable and <name>-canary, and Kubernetes adds a revision to that in a label of 63',
    ],
    [
      'a name that is no host name',
      'a.b',
      "metadata.name must have no dots: it becomes part of the pods' host names",
    ],
  ])('is %s', async (_, name, sentence) => {
    expect(await refusalOf(bareSpec, name)).toContain(sentence)
  })

  it.each([
    ['one canary that is called 0', { ...bareSpec, strategy: { ordinals: 'FromZero' } }],
    [
      'no canary at all that would be called 0',
      { ...bareSpec, canaryReplicas: 0, strategy: { ordinals: 'FromZero' } },
    ],
    [
      'steps of one size',
      { ...bareSpec, strategy: { steps: [{ canaryReplicas: 2 }, { canaryReplicas: 2, pause: true }] } },
    ],
    ['a container that is there', { ...bareSpec, image: 'a', container: 'redis' }],
    ['an annotation of your own', { ...bareSpec, promotion: { annotation: 'example.com/go' } }],
    ['one without a domain', { ...bareSpec, promotion: { annotation: 'go' } }],
    [
      'a second to shut down',
      { template: { template: { spec: { containers, terminationGracePeriodSeconds: 1 } } } },
    ],
    [
      'a claim whose name has our suffix in it',
      {
        template: {
          template: {
            spec: {
              containers,
              volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'x.ordinal.y' } }],
            },
          },
          volumeClaimTemplates: [{ metadata: { name: 'ordinal' }, spec: {} }],
        },
      },
    ],
    [
      'a migration on the claims that steps displace, whatever canaryReplicas says',
      {
        ...bareSpec,
        canaryReplicas: 0,
        strategy: { steps: [{ canaryReplicas: 1 }] },
        migration: { jobTemplate, mountClaims: true },
      },
    ],
    [
      'a migration without a canary that mounts nothing',
      { ...bareSpec, canaryReplicas: 0, migration: { jobTemplate } },
    ],
    [
      'labels and annotations of a domain like ours',
      {
        template: {
          template: {
            metadata: { labels: { 'canary.example.community/a': 'b' }, annotations: { canary: '' } },
            spec: { containers },
          },
        },
      },
    ],
  ])('is not %s', async (_, spec) => {
    expect(await refusalOf(spec)).toBe('it was accepted')
  })

  it('is not the longest name that fits', async () => {
    const { metadata } = await space.create(bareSpec, 'a'.repeat(45))

    expect(metadata.name).toHaveLength(45)
  })
})

function claims(size: string, more: object = {}): readonly object[] {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } }, ...more }
  return [{ metadata: { name: 'data' }, spec }]
}

function unchangeable(field: string): string {
  return `spec.template.${field} cannot change after creation: put the old value back, or create a resource of another name`
}

describe('what cannot change', () => {
  beforeAll(async () => {
    await space.create(
      {
        template: {
          ...bareSpec.template,
          serviceName: 'a',
          podManagementPolicy: 'Parallel',
          ordinals: { start: 1 },
          volumeClaimTemplates: claims('1Gi'),
        },
      },
      'full',
    )
    await space.create(bareSpec, 'empty')
  })

  it.each([
    ['serviceName', { serviceName: 'b' }],
    ['serviceName', { serviceName: null }],
    ['podManagementPolicy', { podManagementPolicy: 'OrderedReady' }],
    ['podManagementPolicy', { podManagementPolicy: null }],
    ['ordinals.start', { ordinals: { start: 2 } }],
    ['ordinals.start', { ordinals: null }],
    ['volumeClaimTemplates', { volumeClaimTemplates: claims('2Gi') }],
    ['volumeClaimTemplates', { volumeClaimTemplates: claims('1Gi', { someNewerField: 'x' }) }],
    ['volumeClaimTemplates', { volumeClaimTemplates: null }],
  ])('is spec.template.%s: %o', async (field, template) => {
    expect(await refusalOfChange('full', template)).toContain(unchangeable(field))
  })

  it.each([
    ['serviceName', { serviceName: 'b' }],
    ['podManagementPolicy', { podManagementPolicy: 'Parallel' }],
    ['volumeClaimTemplates', { volumeClaimTemplates: claims('1Gi') }],
  ])('is spec.template.%s where it was left out: %o', async (field, template) => {
    expect(await refusalOfChange('empty', template)).toContain(unchangeable(field))
  })

  it('is not a default written out, nor anything that a rollout or a person may change', async () => {
    const template = {
      podManagementPolicy: 'OrderedReady',
      ordinals: { start: 0 },
      minReadySeconds: 3,
      template: { spec: { containers: [{ name: 'redis', image: 'redis:7.0.5' }] } },
    }
    const spec = { replicas: 4, canaryReplicas: 2, image: 'redis:8', template }
    const { object } = await cluster.rest.patch(
      canaryStatefulSets,
      { namespace: space.name, name: 'empty' },
      { type: 'merge', body: { spec } },
    )

    expect(object.spec).toMatchObject(spec)
  })
})
