/** Scaling and pauses, with the operator killed after every write (test/harness/crash/killed.ts). */
import { killedAfterEachWriteAlone, killedAfterEveryWrite } from '../harness/crash/killed.ts'
import { changeSpec, deployed, patience, rollOut } from '../harness/crash/story.ts'
import { atRestOn, canaryActive, promote, promoteAnnotation } from '../harness/rollout.ts'
import type { Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

killedAfterEachWriteAlone({
  title: 'one replica less, and back to its data',
  available: 2,
  begin: deployed({ replicas: 3 }),
  async play(space, turn) {
    await changeSpec(space, { replicas: 2 })
    await atRestOn(space, turn.from, patience)
    await changeSpec(space, { replicas: 3 })
    await atRestOn(space, turn.from, patience)
  },
})

killedAfterEveryWrite({
  title: 'a pause before the rollout and one at its canary, which is approved meanwhile',
  available: 1,
  begin: deployed({ replicas: 2 }),
  async play(space, turn) {
    await pause(space, true)
    await rollOut(space, turn)
    await isPaused(space)
    await pause(space, false)
    await canaryActive(space, turn.to, patience)
    await pause(space, true)
    await isPaused(space)
    await promote(space)
    const isApproved = () => space.seen.resource()?.metadata.annotations?.[promoteAnnotation] === 'true'
    await until(space, 'the approval is there', isApproved, patience)
    await pause(space, false)
    await atRestOn(space, turn.to, patience)
  },
})

async function isPaused(space: Space): Promise<void> {
  await until(
    space,
    'the rollout is paused',
    (seen) => {
      const { metadata, status } = seen.resource() ?? {}
      return status?.waiting?.for === 'RolloutPaused' && status.observedGeneration === metadata?.generation
    },
    patience,
  )
}

function pause(space: Space, paused: boolean): Promise<void> {
  return changeSpec(space, { paused })
}
