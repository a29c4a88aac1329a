/**
 * The check after a rollback, where readiness proves nothing: Redis 6 comes up Ready, and empty, beside the append-only files that
 * Redis 7 made of its own.
 */
import { expect, test } from 'vitest'
import { exampleRollback, jobTemplate } from '../harness/migration.ts'
import { events } from '../harness/objects.ts'
import { runPrinted } from '../harness/printed-command.ts'
import { command, keysPerReplica } from '../harness/redis.ts'
import {
  atRestOn,
  canaryActive,
  deploy,
  expectAllData,
  podNamed,
  promote,
  setImage,
  stalled,
} from '../harness/rollout.ts'
import { deleteResource, openSpace } from '../harness/space.ts'

const six = 'redis:6.2.6'
const seven = 'redis:7.0.5'
const args = ['--appendonly', 'yes']

const check = {
  jobTemplate: jobTemplate(`
    for ordinal in 0 1 2; do
      size=$(redis-cli -h $CANARY_STABLE_SET-$ordinal.redis-headless DBSIZE)
      test "$size" = ${keysPerReplica} || { echo replica $ordinal has $size keys; exit 1; }
    done`),
}

test('Redis 6 that is ready and empty is caught, and the way forward has the data', async () => {
  const space = await openSpace('check-fails')
  await deploy(space, { image: six, args, rollback: { check }, volumes: { onRollback: 'KeepData' } })
  await setImage(space, seven)
  await canaryActive(space, seven, { within: 90 })
  await setImage(space, six)
  const sentence = await stalled(space, 'RollbackCheckFailed', { within: 90 })
  expect(sentence).toContain('replica 2 has 0 keys')
  expect(space.seen.resource()?.status?.phase).toBe('RollingBack')

  await setImage(space, seven)
  await canaryActive(space, seven, { within: 90 })
  await promote(space)
  await atRestOn(space, seven, { within: 90 })
  await expectAllData(space)
})

test('where the data is restored the check passes, and the rollout is closed', async () => {
  const space = await openSpace('check-passes')
  const volumes = { snapshot: { policy: 'Auto' } } as const
  const operator = await deploy(space, { image: six, args, rollback: { check }, volumes })
  await setImage(space, seven)
  await canaryActive(space, seven, { within: 90 })
  await setImage(space, six)
  await atRestOn(space, six, { within: 90 })
  await expectAllData(space)
  await deleteResource(space)
  await operator.stop()
  const { items } = await space.rest.list(events, { namespace: space.namespace })
  expect(items.map(({ reason }) => reason)).toContain('RollbackChecked')
})

test('a check that fails, as in the guide: the data is put right, and it is made again', async () => {
  const space = await openSpace('check-again')
  await deploy(space, { image: six, rollback: exampleRollback() })
  await setImage(space, 'redis:0.0.0-not-there')
  const sentence = await stalled(space, 'RollbackCheckFailed', { within: 90 })
  const top = podNamed(space.seen, 'redis-stable-2')
  await command(top, 'SET', 'some-key', 'yes')
  await runPrinted(sentence.slice(sentence.indexOf('To check again')))
  await stalled(space, 'RevisionRejected', { within: 90 })
  await atRestOn(space, six)
  await command(top, 'DEL', 'some-key')
  await expectAllData(space)
})
