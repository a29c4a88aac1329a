/** Rollouts that are taken back, with the operator killed after every write (test/harness/crash/killed.ts). */
import { killedAfterEveryWrite } from '../harness/crash/killed.ts'
import { approved, deployed, patience, rejected, rollOut } from '../harness/crash/story.ts'
import { annotate, atRestOn, canaryActive, setImage } from '../harness/rollout.ts'

killedAfterEveryWrite({
  title: 'a revert while the canary waits',
  available: 1,
  begin: deployed({ replicas: 2 }),
  async play(space, turn) {
    const revert = await rollOut(space, turn)
    await canaryActive(space, turn.to, patience)
    await revert()
    await atRestOn(space, turn.from, patience)
  },
})

killedAfterEveryWrite({
  title: 'an abort and a retry',
  available: 1,
  begin: deployed({ replicas: 2 }),
  async play(space, turn) {
    await rollOut(space, turn)
    await canaryActive(space, turn.to, patience)
    await annotate(space, 'canary.example.com/abort', 'true')
    await rejected(space, turn)
    await annotate(space, 'canary.example.com/retry', 'true')
    await approved(space, turn.to)
  },
})

killedAfterEveryWrite({
  title: 'an image that cannot be pulled',
  available: 1,
  begin: deployed({ replicas: 2 }),
  async play(space, turn) {
    await rollOut(space, turn, { image: 'redis:0.0.0-not-there' })
    await rejected(space, turn)
  },
})

killedAfterEveryWrite({
  title: 'a canary that keeps crashing',
  available: 1,
  begin: deployed({ replicas: 2 }),
  async play(space, turn) {
    await rollOut(space, turn, { command: ['sh', '-c', 'exit 1'] })
    await rejected(space, turn)
  },
})

killedAfterEveryWrite({
  title: 'a third image while the canary waits',
  available: 1,
  begin: deployed({ replicas: 2 }),
  async play(space, turn) {
    await rollOut(space, turn)
    await canaryActive(space, turn.to, patience)
    await setImage(space, turn.third)
    await approved(space, turn.third)
  },
})
