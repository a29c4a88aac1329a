/**
 * A rollback that restores, by the operator beside one by a script that makes the same writes on watches of its own
 * (restore-script.ts): how long the version before is away, and what of it somebody could save.
 */
import { command, differences, fill } from '../test/harness/redis.ts'
import type { Bench, Figures } from './bench.ts'
import { besideAnOperator, install, removed } from './beside-an-operator.ts'
import { letVolumesGo } from './let-volumes-go.ts'
import { createOperated } from './operated.ts'
import { createRestoringScript, type RestoringScript } from './restore-script.ts'
import { rollback, stations } from './restore-timeline.ts'
import type { Place } from './rollout-script.ts'
import { follow, forward, type Part, podsOf, type Shape } from './rollout-timeline.ts'

export const restore = benchOf('restore', { replicas: 3, canaries: 1 }, 'One replica of three')
export const restoreOfThree = benchOf('restore-of-three', { replicas: 4, canaries: 3 }, 'Three of four')

interface Contender extends RestoringScript {
  readonly shape: Shape
}

type Size = Pick<Shape, 'replicas' | 'canaries'>

function benchOf(name: string, size: Size, who: string): Bench {
  return {
    name,
    about:
      `${who}, Redis with 1,000 keys each and a readiness probe on a real node, from the word to roll back an active canary until the ` +
      'displaced replicas are Ready on the version before; then their keys are compared. By the operator (as `make run` starts it) and by ' +
      'a script that makes the same writes on watches. Canary gone, claims made again and Ready follow each other. Acts: the sum of ' +
      "the times between what is waited for and the write that follows it, as a third party's watches see both. Added: the operator's less the script's.",
    place: 'node',
    columns: {
      available: { title: 'Ready with its data, s', digits: 2 },
      gone: { title: 'canary gone, s', digits: 2 },
      claims: { title: 'claims made again, s', digits: 2 },
      ready: { title: 'Ready, s', digits: 2 },
      scriptAvailable: { title: 'script: Ready with its data, s', digits: 2 },
      acts: { title: 'operator acts, ms', digits: 0 },
      scriptActs: { title: 'script acts, ms', digits: 0 },
      added: { title: 'added, ms', digits: 0 },
    },
    prepare: install,
    measure: () =>
      besideAnOperator(`bench-${name}`, async (place) => {
        const script = await timed(place, scripted(place, size))
        const ours = await timed(place, operated(place, size))
        await removed(place, 'operated')
        await letVolumesGo(place)
        return figuresOf(ours, script)
      }),
  }
}

async function timed(place: Place, { shape, ...contender }: Contender): Promise<Part> {
  const { seen, hopeless } = place
  await contender.deploy()
  const replicas = () => podsOf(seen, `${shape.name}-stable`)
  await Promise.all(replicas().map((pod) => fill(pod, pod.metadata.name)))
  await follow(seen, forward(shape), () => contender.rollOut(), hopeless)
  const canaries = podsOf(seen, `${shape.name}-canary`)
  await Promise.all(canaries.map((pod) => command(pod, 'SET', 'later', 'yes')))
  const part = await follow(seen, rollback(seen, shape), () => contender.rollBack(), hopeless)
  const wrong = await Promise.all(replicas().map((pod) => differences(pod, pod.metadata.name)))
  if (wrong.flat().length > 0) throw new Error(`${shape.name} is not back with its data: ${wrong.flat()[0]}`)
  return part
}

function figuresOf(ours: Part, script: Part): Figures {
  const [gone = NaN, claims = NaN, ready = NaN] = stations.map(
    (milestone) => (ours.at(milestone) ?? NaN) / 1000,
  )
  return {
    available: ours.totalMs / 1000,
    gone,
    claims: claims - gone,
    ready: ready - claims,
    scriptAvailable: script.totalMs / 1000,
    acts: ours.actsMs,
    scriptActs: script.actsMs,
    added: ours.actsMs - script.actsMs,
  }
}

function shapeOf(name: string, size: Size): Shape {
  return { name, ...size, from: 'redis:7.0', to: 'redis:7.0.5' }
}

function scripted(place: Place, size: Size): Contender {
  const shape = shapeOf('scripted', size)
  return { shape, ...createRestoringScript(place, shape) }
}

function operated(place: Place, size: Size): Contender {
  const shape = shapeOf('operated', size)
  return { shape, ...createOperated(place, shape, { snapshot: { policy: 'Required' } }) }
}
