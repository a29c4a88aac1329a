/**
 * The rules in their order: the first one with an opinion decides. Each tests its own preconditions; its position
 * is no guard. The order itself was found by model checking: `decide` stands before the rules that carry a decision
 * out (a waiting rule would shadow a revert), deletion and annotations before anything that moves pods.
 */
import type { Rule } from '../decision.ts'
import { annotations } from './annotations.ts'
import { bootstrap } from './bootstrap.ts'
import { create } from './create.ts'
import { decide } from './decide.ts'
import { edited } from './edited.ts'
import { force } from './force.ts'
import { forward } from './forward.ts'
import { gone } from './gone.ts'
import { orphan } from './orphan.ts'
import { ownership } from './ownership.ts'
import { paused } from './paused.ts'
import { pinned } from './pinned.ts'
import { promote } from './promote.ts'
import { released } from './released.ts'
import { rollBack } from './roll-back.ts'
import { service } from './service.ts'
import { settings } from './settings.ts'
import { start } from './start.ts'
import { steady } from './steady.ts'
import { terminating } from './terminating.ts'
import { twoWriters } from './two-writers.ts'
import { unmatched } from './unmatched.ts'

export const rules: readonly (readonly [name: string, rule: Rule])[] = [
  ['gone', gone], // deleted and let go
  ['orphan', orphan], // deleted, and its replicas are to stay: canary first, stable made whole, then let go
  ['terminating', terminating], // deleted with its replicas: canary first, then stable, then let go
  ['twoWriters', twoWriters], // the alarm: touch nothing, but say so even while paused
  ['paused', paused], // by annotation: write nothing
  ['ownership', ownership], // a set of our name that is not ours, or a record that cannot be read
  ['pinned', pinned], // a replica was stopped for its snapshot: let it go when that is recorded
  ['create', create], // no stable set yet, or no longer
  ['edited', edited], // somebody else wrote a pod template: put it back before one more replica runs it
  ['settings', settings], // retention and minReadySeconds as rendered, before anything that removes pods
  ['service', service], // the headless Service was deleted: make it again
  ['released', released], // a replica without a set, that no restore waits for
  ['force', force], // a person wants the spec straight in, whatever is under way
  ['bootstrap', bootstrap], // never been whole: a new image goes straight in
  ['annotations', annotations], // those that were heeded, or count for nothing now
  ['steady', steady], // at rest: heal, scale, put back
  ['start', start], // a new revision: the gates, then displace
  ['decide', decide], // the next step, promote or roll back, written down before it is carried out
  ['rollBack', rollBack],
  ['promote', promote],
  ['forward', forward], // displace, create, arm, bake, wait for approval
  ['unmatched', unmatched], // the facts fit no rule: touch nothing and say so
]
