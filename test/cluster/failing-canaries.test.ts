/**
 * Canaries that cannot run, each in its own way: taken back by themselves with a word why, and where rollbacks are made
 * by hand held, until the command that the status prints takes them back. Nothing is left behind, and no data is lost.
 */
import { expect, test } from 'vitest'
import { walkthrough } from '../harness/manifest.ts'
import { type CanaryStatefulSet, conditionOf, events } from '../harness/objects.ts'
import { startOperator } from '../harness/operator.ts'
import { fewestReady, sharedClaims } from '../harness/pod-history.ts'
import { runPrinted } from '../harness/printed-command.ts'
import {
  annotate,
  atRestOn,
  boundClaims,
  expectAllData,
  fillAll,
  podNamed,
  stalled,
} from '../harness/rollout.ts'
import { applyResource, changeResource, openSpace, type Space } from '../harness/space.ts'

type Container = CanaryStatefulSet['spec']['template']['template']['spec']['containers'][number]

interface Failing {
  /** Of the resource that gets such a canary. */
  readonly name: string
  readonly change: (container: Container) => object
  /** What is said of it. */
  readonly words: RegExp
}

const image = 'redis:7.0'
const bad = 'redis:7.0.5'
const canary = (words: string) => new RegExp(`-canary-1 ${words}`)

const failing: readonly Failing[] = [
  {
    name: 'nopull',
    change: () => ({ image: 'redis:0.0.0-not-there' }),
    words: canary('cannot get its image'),
  },
  {
    name: 'crashing',
    change: (container) => podSpec({ ...container, command: ['redis-server', '--no-such-option'] }),
    words: canary('keeps crashing'),
  },
  {
    name: 'misconfigured',
    change: (container) => podSpec({ ...container, envFrom: [{ configMapRef: { name: 'not-there' } }] }),
    words: canary('cannot start its container'),
  },
  {
    name: 'unready',
    change: (container) => ({
      ...podSpec({ ...container, readinessProbe: { tcpSocket: { port: 1 }, periodSeconds: 1 } }),
      ...hasty,
    }),
    words: canary('is not ready'),
  },
  {
    name: 'unschedulable',
    change: (container) => ({ ...podSpec(container, { nodeSelector: { disk: 'none' } }), ...hasty }),
    words: canary('finds no node'),
  },
]

const hasty = { strategy: { progressDeadlineSeconds: 20 } }

function podSpec(container: object, more: object = {}) {
  return { image: bad, template: { template: { spec: { containers: [container], ...more } } } }
}

test('canaries that cannot run are taken back by themselves, or held where that is wanted', async () => {
  const space = await openSpace('failing')
  const { seen, namespace } = space
  await startOperator(space)
  await Promise.all(
    failing.map(async ({ name }) => {
      await applyResource(space, walkthrough({ namespace, name, image, replicas: 2, probe: true }))
      await atRestOn(space, image, { name, within: 90 })
      await fillAll(space, name)
    }),
  )
  const claims = boundClaims(seen)

  await Promise.all(failing.map((kind) => failsTwice(space, kind)))

  expect(seen.sets().map(({ metadata }) => metadata.name)).toHaveLength(failing.length)
  expect(seen.pods()).toHaveLength(2 * failing.length)
  expect(boundClaims(seen)).toEqual(claims)
  expect(sharedClaims(seen.podHistory)).toEqual([])
})

async function failsTwice(space: Space, { name, change, words }: Failing): Promise<void> {
  const { seen } = space
  const stable = podNamed(seen, `${name}-stable-0`).metadata.uid
  const started = historyOf(space, name).length
  const [container] = seen.resource(name)?.spec.template.template.spec.containers ?? []
  if (container === undefined) throw new Error(`${name} has no container`)

  await changeResource(space, { spec: change(container) }, name)
  await isTakenBack(space, name)
  expect(await rollbackWords(space, name)).toMatch(words)

  await changeResource(space, { spec: { rollback: { automatic: false } } }, name)
  await annotate(space, 'canary.example.com/retry', 'true', name)
  const sentence = await stalled(space, 'CanaryFailing', { name, within: 90 })
  expect(sentence).toMatch(words)
  expect(seen.set(`${name}-canary`)?.spec.replicas).toBe(1)
  expect(conditionOf(seen.resource(name), 'Ready')?.status).toBe('True')

  await runPrinted(sentence)
  await isTakenBack(space, name)
  expect(podNamed(seen, `${name}-stable-0`).metadata.uid).toBe(stable)
  expect(fewestReady(historyOf(space, name), started)).toBeGreaterThanOrEqual(1)
}

/** At rest on the version before, with a word about the rejected one, all data, and no annotation of ours left. */
async function isTakenBack(space: Space, name: string): Promise<void> {
  const sentence = await stalled(space, 'RevisionRejected', { name, within: 90 })
  expect(sentence).toContain(`${space.seen.resource(name)?.spec.image} was rejected`)
  await atRestOn(space, image, { name })
  await expectAllData(space, name)
  expect(Object.keys(space.seen.resource(name)?.metadata.annotations ?? {})).toEqual([])
}

async function rollbackWords({ rest, namespace }: Space, name: string): Promise<string> {
  const { items } = await rest.list(events, { namespace })
  const told = items.find(
    ({ reason, involvedObject }) => reason === 'RollbackStarted' && involvedObject.name === name,
  )
  return told?.message ?? ''
}

function historyOf({ seen }: Space, name: string) {
  return seen.podHistory.filter((moment) => moment.name.startsWith(`${name}-`))
}
