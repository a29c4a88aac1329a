/** Backups and restores by Jobs, with the operator killed after every write (test/harness/crash/killed.ts). */
import { expect } from 'vitest'
import { backedUp, createStore } from '../harness/backups.ts'
import { killedAfterEveryWrite } from '../harness/crash/killed.ts'
import { deployed, patience, rollOut } from '../harness/crash/story.ts'
import { atRestOn, canaryActive } from '../harness/rollout.ts'
import { command } from '../harness/redis.ts'

killedAfterEveryWrite({
  title: 'a backup and a restore of two replicas of three by Jobs',
  available: 1,
  restores: true,
  async begin(space) {
    await createStore(space)
    await deployed({ replicas: 3, canaryReplicas: 2, volumes: backedUp() })(space)
  },
  async play(space, turn) {
    const revert = await rollOut(space, turn)
    await canaryActive(space, turn.to, patience)
    const canaries = space.seen.pods().filter(({ metadata }) => metadata.name.startsWith('redis-canary-'))
    expect(canaries).toHaveLength(2)
    await Promise.all(canaries.map((pod) => command(pod, 'SET', 'later', 'yes')))
    await revert()
    await atRestOn(space, turn.from, patience)
  },
})
