/**
 * The walk-through's rollout, with the operator killed once, after the 1st, the 2nd, ... of its writes. The other rollouts
 * are in crash-*.test.ts; how they are played is in test/harness/crash/killed.ts.
 */
import { killedAfterEachWriteAlone } from '../harness/crash/killed.ts'
import { approved, deployed, rollOut } from '../harness/crash/story.ts'

killedAfterEachWriteAlone({
  title: 'one canary of three replicas, approved',
  available: 2,
  begin: deployed({ replicas: 3 }),
  async play(space, turn) {
    await rollOut(space, turn)
    await approved(space, turn.to)
  },
})
