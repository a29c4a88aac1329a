/** Migrations, with the operator killed after every write (test/harness/crash/killed.ts). */
import { killedAfterEachWriteAlone, killedAfterEveryWrite } from '../harness/crash/killed.ts'
import { approved, deployed, patience, rejected, rollOut } from '../harness/crash/story.ts'
import { jobTemplate } from '../harness/migration.ts'
import { canaryActive, promote } from '../harness/rollout.ts'

const mounted = { volumeMounts: [{ name: 'data', mountPath: '/data' }] }

killedAfterEachWriteAlone({
  title: 'a migration on the claim, promoted',
  available: 1,
  begin: deployed({
    replicas: 2,
    migration: { mountClaims: true, jobTemplate: jobTemplate('test -d /data', mounted) },
  }),
  async play(space, turn) {
    await rollOut(space, turn)
    await approved(space, turn.to)
  },
})

killedAfterEveryWrite({
  title: 'a migration on the claim that fails, restored',
  available: 1,
  restores: true,
  begin: deployed({
    replicas: 2,
    volumes: { snapshot: { policy: 'Required' } },
    migration: { mountClaims: true, jobTemplate: jobTemplate('exit 1', mounted) },
  }),
  async play(space, turn) {
    await rollOut(space, turn)
    await canaryActive(space, turn.to, patience)
    await promote(space)
    await rejected(space, turn)
  },
})
