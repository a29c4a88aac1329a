/**
 * Specs that are valid by the CRD and that the API server would refuse all the same, or that cannot run: at rest nothing
 * moves and `Ready` keeps its value, while `Stalled` has the API server's own words; at a first deployment nothing is
 * made. What corrects the spec goes on by itself.
 */
import { expect, test } from 'vitest'
import { walkthrough } from '../harness/manifest.ts'
import { type CanaryStatefulSet, canaryStatefulSets, conditionOf } from '../harness/objects.ts'
import { startOperator } from '../harness/operator.ts'
import { atRestOn, boundClaims, deploy, expectAllData } from '../harness/rollout.ts'
import { applyResource, changeResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

type Template = CanaryStatefulSet['spec']['template']
type Container = Template['template']['spec']['containers'][number]

interface BadPod {
  readonly title: string
  readonly pod: (container: Container) => object
  readonly words: RegExp
}

const image = 'redis:7.0'

const badPods: readonly BadPod[] = [
  {
    title: 'a container without an image',
    pod: (container) => ({ containers: [container, { name: 'sidecar' }] }),
    words:
      /refuses StatefulSet redis-stable, so nothing was changed: .*containers\[1\]\.image: Required value/,
  },
  {
    title: 'fields that no Kubernetes knows, at three depths',
    pod: (container) => ({
      newer: 1,
      containers: [{ ...container, newer: { deep: [1] }, resources: { newer: 'x' } }],
    }),
    words:
      /(?=.*"spec\.template\.spec\.newer")(?=.*"spec\.template\.spec\.containers\[0\]\.newer")(?=.*\[0\]\.resources\.newer")/,
  },
  {
    title: 'a request above its limit',
    pod: (container) => ({
      containers: [{ ...container, resources: { requests: { cpu: 2 }, limits: { cpu: 0.5 } } }],
    }),
    words: /requests: Invalid value: "2": must be less than or equal to cpu limit of 500m/,
  },
  {
    title: 'a service account that is not there',
    pod: (container) => ({ containers: [container], serviceAccountName: 'nobody' }),
    words: /refuses a canary pod, so nothing was changed: .*serviceaccount "nobody" not found/,
  },
  {
    title: 'more mistakes than anybody would read',
    pod: (container) => ({
      containers: [container, ...Array.from({ length: 400 }, (_, index) => ({ name: `side-${index}` }))],
    }),
    words: /^.{200,1200}\.\.\.$/s,
  },
]

test('at rest: pods, sets and Ready stay as they are, and each spec is refused in words of its own', async () => {
  const space = await openSpace('bad-specs')
  await deploy(space, { image, replicas: 2 })
  const { template } = resourceOf(space).spec
  const [container] = template.template.spec.containers
  if (container === undefined) throw new Error('the walk-through has no container')
  const before = inventory(space)

  for (const { title, pod, words } of badPods) {
    await setTemplate(space, { ...template, template: { spec: pod(container) } })
    await refused(space, title, words)
    expect(inventory(space), title).toEqual(before)
  }

  await setTemplate(space, template)
  await until(space, 'the corrected spec is heeded', () => {
    const { status } = resourceOf(space)
    return isHeeded(resourceOf(space)) && status?.message === 'All replicas run redis:7.0.'
  })
  expect(inventory(space)).toEqual(before)
  await expectAllData(space)
})

test('at a first deployment: nothing is made until the spec can be, and then a wrong image is corrected at once', async () => {
  const space = await openSpace('bad-first')
  const { seen, namespace } = space
  await startOperator(space)
  const manifest = walkthrough({ namespace, replicas: 1, probe: true })
  const { image: _, ...spec } = manifest.spec
  const containers = [{ name: 'redis' }]
  const template = { ...spec.template, newer: 1, template: { spec: { containers } } }

  await applyResource(space, { ...manifest, spec: { ...spec, template } })
  await refused(space, 'a field that no set has', /unknown field "spec\.newer"/)
  expect(resourceOf(space).spec.template).toEqual(template)
  await changeResource(space, { spec: { template: { newer: null } } })
  await refused(
    space,
    'no image at all',
    /StatefulSet redis-stable, .*containers\[0\]\.image: Required value/,
  )
  expect(conditionOf(resourceOf(space), 'Ready')).toMatchObject({ status: 'False' })
  expect([...seen.sets(), ...seen.pods(), ...seen.claims()]).toEqual([])

  await changeResource(space, { spec: { image: 'redis:0.0.0-not-there' } })
  await until(space, 'the status says why the image does not run', () =>
    resourceOf(space).status?.message?.includes('redis-stable-0 cannot get its image'),
  )
  await changeResource(space, { spec: { image } })
  await atRestOn(space, image)
})

function resourceOf({ seen }: Space): CanaryStatefulSet {
  const resource = seen.resource()
  if (resource === undefined) throw new Error('the resource is gone')
  return resource
}

/** The whole template anew: a merge patch would leave what an earlier one brought. */
async function setTemplate({ rest, namespace }: Space, value: object): Promise<void> {
  const operations = [{ op: 'replace', path: '/spec/template', value }] as const
  await rest.patch(canaryStatefulSets, { namespace, name: 'redis' }, { type: 'json', operations })
}

async function refused(space: Space, title: string, words: RegExp): Promise<void> {
  await until(space, `${title} is refused`, ({ resource: named }) => {
    const resource = named()
    const { status, reason, message = '' } = conditionOf(resource, 'Stalled') ?? {}
    return isHeeded(resource) && status === 'True' && reason === 'SetRefused' && words.test(message)
  })
}

function isHeeded(resource: CanaryStatefulSet | undefined): boolean {
  return resource?.status?.observedGeneration === resource?.metadata.generation
}

/** Everything that a bad spec must leave as it is. */
function inventory(space: Space) {
  const { seen } = space
  const { status, lastTransitionTime } = conditionOf(resourceOf(space), 'Ready') ?? {}
  return {
    ready: { status, lastTransitionTime },
    phase: resourceOf(space).status?.phase,
    sets: seen.sets().map(({ metadata }) => [metadata.name, metadata.uid, metadata.generation]),
    pods: seen.pods().map(({ metadata }) => metadata.uid),
    claims: boundClaims(seen),
  }
}
