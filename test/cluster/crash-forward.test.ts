/** Rollouts that go all the way, with the operator killed after every write (test/harness/crash/killed.ts). */
import { killedAfterEveryWrite } from '../harness/crash/killed.ts'
import { approved, deployed, patience, rollOut } from '../harness/crash/story.ts'
import { atRestOn, promote, promoteAnnotation } from '../harness/rollout.ts'
import type { Space } from '../harness/space.ts'
import { until } from '../harness/wait.ts'

killedAfterEveryWrite({
  title: 'two canaries through the hand-over policy, approved',
  available: 1,
  begin: deployed({ replicas: 3, canaryReplicas: 2 }),
  async play(space, turn) {
    await rollOut(space, turn)
    await approved(space, turn.to)
  },
})

killedAfterEveryWrite({
  title: 'one canary, then three, each step approved',
  available: 1,
  begin: deployed({
    replicas: 4,
    strategy: { steps: [{ canaryReplicas: 1, pause: true }, { canaryReplicas: 3 }] },
  }),
  async play(space, turn) {
    await rollOut(space, turn)
    await awaitingApproval(space, 1)
    await promote(space)
    await awaitingApproval(space, 3)
    await approved(space, turn.to)
  },
})

killedAfterEveryWrite({
  title: 'one canary, then three, then all, each by itself after its bake',
  available: 1,
  begin: deployed({
    replicas: 4,
    promotion: { type: 'auto', bakeSeconds: 1 },
    strategy: { steps: [{ canaryReplicas: 1 }, { canaryReplicas: 3 }] },
  }),
  async play(space, turn) {
    await rollOut(space, turn)
    await atRestOn(space, turn.to, patience)
  },
})

killedAfterEveryWrite({
  title: 'a canary that is promoted by itself after its bake',
  available: 1,
  begin: deployed({ replicas: 2, promotion: { type: 'auto', bakeSeconds: 2 } }),
  async play(space, turn) {
    await rollOut(space, turn)
    await atRestOn(space, turn.to, patience)
  },
})

killedAfterEveryWrite({
  title: 'a canary that is called 0, approved',
  available: 1,
  begin: deployed({ replicas: 2, strategy: { ordinals: 'FromZero' } }),
  async play(space, turn) {
    await rollOut(space, turn)
    await approved(space, turn.to)
  },
})

/** So many canaries wait for approval, and the approval before is used up. */
async function awaitingApproval(space: Space, canaries: number): Promise<void> {
  await until(
    space,
    `${canaries} canaries wait for approval`,
    (seen) => {
      const { status, metadata } = seen.resource() ?? {}
      if (promoteAnnotation in (metadata?.annotations ?? {})) return false
      return status?.canaryReplicas === canaries && status.waiting?.for === 'AwaitingApproval'
    },
    patience,
  )
}
