/**
 * Rollouts that get stuck, and the ways out, with the operator killed after every write
 * (test/harness/crash/killed.ts).
 */
import { kubectlOutput } from '../../tools/kubectl.ts'
import { killedAfterEveryWrite } from '../harness/crash/killed.ts'
import { deployed, patience, rollOut } from '../harness/crash/story.ts'
import { pods } from '../harness/objects.ts'
import { runPrinted } from '../harness/printed-command.ts'
import { atRestOn, canaryActive, promote, stalled } from '../harness/rollout.ts'

const server = 'exec docker-entrypoint.sh redis-server'

for (const podManagementPolicy of ['Parallel', 'OrderedReady'] as const) {
  killedAfterEveryWrite({
    title: `a revert half-way through a promotion that is stuck, ${podManagementPolicy}`,
    // One is down by itself, and the set controller takes another one back.
    available: 1,
    begin: deployed({ replicas: 3, podManagementPolicy }),
    async play(space, turn) {
      const command = ['sh', '-c', `[ $HOSTNAME != redis-stable-1 ] && ${server}`]
      const revert = await rollOut(space, turn, { command })
      await canaryActive(space, turn.to, patience)
      await promote(space)
      await stalled(space, 'PromotionBlocked', patience)
      await revert()
      await atRestOn(space, turn.from, patience)
    },
  })
}

// Each version breaks by a file of its own, so that the next one works on the same data.
const breakable = ['sh', '-c', `[ ! -e /data/breaks-$ROUND ] && ${server}`]

killedAfterEveryWrite({
  title: 'a force out of a version that breaks',
  available: 1,
  begin: deployed({ replicas: 3, command: breakable }),
  async play(space, turn) {
    const { rest, namespace } = space
    const name = 'redis-stable-0'
    await kubectlOutput(['exec', '-n', namespace, name, '--', 'sh', '-c', 'touch /data/breaks-$ROUND'])
    await rest.delete(pods, { namespace, name })
    await rollOut(space, turn, { command: breakable })
    await runPrinted(await stalled(space, 'ReplicasUnavailable', patience))
    await atRestOn(space, turn.to, patience)
  },
})
