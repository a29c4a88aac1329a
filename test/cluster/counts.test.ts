/**
 * What a rollout costs the API server, read from its audit log: writes to the two sets, and status writes. (What rest costs:
 * quiet.test.ts.) The number of replicas, canaries and steps is all that it may depend on.
 */
import { expect, test } from 'vitest'
import { auditPosition, type AuditedRequest, operatorRequests } from '../harness/audit.ts'
import { walkthrough } from '../harness/manifest.ts'
import { startOperator } from '../harness/operator.ts'
import { conditionOf } from '../harness/objects.ts'
import { atRestOn, canaryActive, promote, setImage } from '../harness/rollout.ts'
import { applyResource, changeResource, openSpace, type Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

interface Shape {
  readonly replicas: number
  /** Canaries of each step; the next one follows by itself. */
  readonly steps: readonly number[]
}

const shapes: Readonly<Record<string, Shape>> = {
  one: { replicas: 3, steps: [1] },
  two: { replicas: 4, steps: [2] },
  stepped: { replicas: 4, steps: [1, 3] },
}
const names = Object.keys(shapes)

test('a rollout costs the sets 9 writes, one for each replica below the canaries, 4 for each further step, and one status write for each phase, each change of what going back would cost, each time that too few replicas are ready, and each count that changes while it stands still', async () => {
  const space = await openSpace('counts')
  await startOperator(space)
  await Promise.all(names.map((name) => deploy(space, name)))

  const since = await auditPosition()
  const phases = followPhases(space)
  await Promise.all(names.map((name) => rollOut(space, name)))
  phases.end()
  const requests = (await operatorRequests(space, since)).filter(isWrite)

  for (const name of names) {
    const { replicas, steps } = shapeOf(name)
    const bar = 9 + (replicas - (steps.at(-1) ?? 0)) + 4 * (steps.length - 1)
    const toSets = requests.filter(
      ({ resource, name: set }) => resource === 'statefulsets' && isSetOf(name, set),
    )
    const toStatus = requests.filter(
      ({ resource, subresource, name: of }) =>
        resource === 'canarystatefulsets' && subresource === 'status' && of === name,
    )
    expect.soft(toSets.map(inWords).slice(bar), `${name}: more than ${bar} writes`).toEqual([])
    expect.soft(toStatus, phases.of(name).join(', ')).toHaveLength(phases.of(name).length)
  }
})

function shapeOf(name: string): Shape {
  const shape = shapes[name]
  if (shape === undefined) throw new Error(`there is no shape ${name}`)
  return shape
}

async function deploy(space: Space, name: string): Promise<void> {
  const { namespace } = space
  const { replicas, steps } = shapeOf(name)
  await applyResource(space, walkthrough({ namespace, name, image: 'redis:7.0', replicas, probe: true }))
  const strategy = { steps: steps.map((canaryReplicas) => ({ canaryReplicas })) }
  await changeResource(space, { spec: { strategy } }, name)
  await atRestOn(space, 'redis:7.0', { name, within: 120 })
}

async function rollOut(space: Space, name: string): Promise<void> {
  await setImage(space, 'redis:7.0.5', name)
  await canaryActive(space, 'redis:7.0.5', { name, within: 120 })
  await until(
    space,
    `${name} asks for approval`,
    ({ resource }) => resource(name)?.status?.waiting?.for === 'AwaitingApproval',
    { within: 120 },
  )
  await promote(space, name)
  await atRestOn(space, 'redis:7.0.5', { name, within: 120 })
}

/**
 * The phases that each resource goes through from now on, in their order, each with what a rollback would cost, whether
 * too few replicas are ready, and, where it stands still, how many there are: a probe that a busy machine answers too
 * late is told there, too.
 */
function followPhases({ seen }: Space) {
  const phases = new Map<string, string[]>(names.map((name) => [name, []]))
  const toldOf = (name: string) => {
    const resource = seen.resource(name)
    const { phase, rollback, waiting, replicas, readyReplicas } = resource?.status ?? {}
    const standsStill = waiting === undefined || waiting.for === 'AwaitingApproval'
    const counts = standsStill ? `${readyReplicas} of ${replicas} ready` : 'at work'
    return phase && [phase, rollback?.reason, conditionOf(resource, 'Ready')?.reason, counts].join(' ')
  }
  const last = new Map(names.map((name) => [name, toldOf(name)]))
  const end = seen.onChange(() => {
    for (const name of names) {
      const phase = toldOf(name)
      if (phase === undefined || phase === last.get(name)) continue
      last.set(name, phase)
      phases.get(name)?.push(phase)
    }
  })
  return { end, of: (name: string): readonly string[] => phases.get(name) ?? [] }
}

function isWrite({ verb, uri, status = 0 }: AuditedRequest): boolean {
  return ['create', 'update', 'patch', 'delete'].includes(verb) && !uri.includes('dryRun=') && status < 300
}

function isSetOf(name: string, set: string | undefined): boolean {
  return set === `${name}-stable` || set === `${name}-canary`
}

function inWords({ verb, name }: AuditedRequest): string {
  return `${verb} ${name}`
}
