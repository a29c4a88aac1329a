/**
 * What no operand or guard stands for: a field of the record that is lost, two writes where there is one, an order within a
 * rule. Each text must be found exactly once, so that the list cannot fall behind the code unnoticed.
 */
import type { Mutant } from './mutant.ts'

interface Change {
  readonly title: string
  readonly file: string
  readonly find: string
  readonly by: string
}

/** The record as it is written, without one field, or with it as at the start. */
function lost(field: string, by: string): Change {
  return {
    title: `record: ${field} is lost`,
    file: 'record.ts',
    find: 'JSON.stringify({ version: versionOf(record), ...record })',
    by: `JSON.stringify({ version: versionOf(record), ...record, ${by} })`,
  }
}

function lostOfRollout(field: string, by: string): Change {
  return lost(`rollout.${field}`, `...(record.rollout && { rollout: { ...record.rollout, ${by} } })`)
}

const changes: readonly Change[] = [
  lost('accepted', "accepted: record.rollout?.to ?? 'lost'"),
  lost('proven', 'proven: false'),
  lost('rejected', 'rejected: undefined'),
  lost('id', 'id: 1'),
  lost('rollout', 'rollout: undefined'),
  lostOfRollout('from', 'from: record.rollout.to'),
  lostOfRollout('to', 'to: record.rollout.from'),
  lostOfRollout('replicas', 'replicas: record.rollout.replicas + 1'),
  lostOfRollout('steps', 'steps: [record.rollout.steps[0]], step: 0'),
  lostOfRollout('step', 'step: 0'),
  lostOfRollout('decision', 'decision: undefined, cause: undefined'),
  lostOfRollout('cause', "cause: record.rollout.decision === 'rollback' ? 'superseded' : undefined"),
  lostOfRollout('touched', 'touched: 0'),
  lostOfRollout('ack', 'ack: false'),
  lostOfRollout('at.stepped', 'at: { ...record.rollout.at, stepped: undefined }'),
  lostOfRollout('at.decided', 'at: { ...record.rollout.at, decided: undefined }'),
  {
    title: 'facts: N follows the spec in a rollout',
    file: 'facts.ts',
    find: 'const replicas = rollout?.replicas ?? resource.spec.replicas',
    by: 'const replicas = resource.spec.replicas',
  },
  {
    title: 'facts: steps follow the spec in a rollout',
    file: 'facts.ts',
    find: 'const steps = rollout?.steps ?? plannedSteps(resource.spec, replicas)',
    by: 'const steps = plannedSteps(resource.spec, replicas)',
  },
  {
    title: 'facts: currentRevision is not looked at',
    file: 'facts.ts',
    find: '...observation,\n    now,',
    by: '...observation,\n    stable: stable && { ...stable, caughtUp: true },\n    now,',
  },
  {
    title: 'steps: canaries are not clamped to the replicas',
    file: 'steps.ts',
    find: 'Math.min(step.canaryReplicas, replicas)',
    by: 'step.canaryReplicas',
  },
  {
    title: 'steps: the bake counts from the step, not from the youngest canary',
    file: 'steps.ts',
    find: 'Math.max(stepped, ...canaryPods.map((pod) => pod.readySince ?? stepped))',
    by: 'stepped',
  },
  {
    title: 'steps: there is no bake',
    file: 'steps.ts',
    find: '+ bakeSeconds * 1000',
    by: '+ 0 * bakeSeconds',
  },
  {
    title: 'promote: the one patch has no partition',
    file: 'rules/promote.ts',
    find: 'replicas: rollout.replicas, partition: displaced }',
    by: 'replicas: rollout.replicas }',
  },
  {
    title: 'promote: the one patch leaves the replicas out',
    file: 'rules/promote.ts',
    find: '{ revision: rollout.to, replicas: rollout.replicas, partition: displaced }',
    by: '{ revision: rollout.to, partition: displaced }',
  },
  {
    title: 'promote: the replicas come back before the template',
    file: 'rules/promote.ts',
    find: "act(\n      changeStable(stable, 'promote', change),",
    by: "act(\n      changeStable(stable, 'promote', stable.replicas === rollout.replicas ? change : { replicas: rollout.replicas, partition: displaced }),",
  },
  {
    title: 'promote: the partition falls to 0 at once',
    file: 'rules/promote.ts',
    find: 'const partition = stable.partition - 1',
    by: 'const partition = 0',
  },
  {
    title: 'promote: what new code may touch is not recorded before the partition falls',
    file: 'rules/promote.ts',
    find: 'touched: Math.max(rollout.touched, rollout.replicas - partition),',
    by: 'touched: rollout.touched,',
  },
  {
    title: 'promote: the old version is still the accepted one at the end',
    file: 'rules/promote.ts',
    find: '{ ...kept, accepted: rollout.to }',
    by: '{ ...kept }',
  },
  {
    title: 'forward: touched is not recorded before the canary is armed',
    file: 'rules/forward.ts',
    find: 'touched: Math.max(rollout.touched, facts.canaries),',
    by: 'touched: rollout.touched,',
  },
  {
    title: 'start: an attempt takes the number of the one before',
    file: 'rules/start.ts',
    find: 'id: nextNumber(facts),',
    by: 'id: record.id,',
  },
  {
    title: 'start: the rejection is forgotten nowhere',
    file: 'rules/start.ts',
    find: '{ rejected: _, ',
    by: '{ ',
  },
  {
    title: 'start: the replicas that are to be displaced must be available, too',
    file: 'rules/start.ts',
    find: 'const below = { from: first, to: boundary, revision: record.accepted }',
    by: 'const below = { from: first, to: end, revision: record.accepted }',
  },
  {
    title: 'decide: an approval is not marked as consumed',
    file: 'rules/decide.ts',
    find: 'ack: rollout.ack || approval === true',
    by: 'ack: rollout.ack',
  },
  {
    title: 'decide: the next step keeps the moment of the one before',
    file: 'rules/decide.ts',
    find: 'const { stepped: _, ...at } = rollout.at',
    by: 'const { at } = rollout',
  },
  {
    title: 'decide: from rollback back to promote',
    file: 'rules/decide.ts',
    find: 'if (rollout.decision !== undefined || facts.resource.spec.paused) return undefined',
    by: "if (rollout.decision === 'promote' || facts.resource.spec.paused) return undefined",
  },
  {
    title: 'roll back: the partition is raised with the template',
    file: 'moves/release-replicas.ts',
    find: 'replicas: reach - facts.first, partition: 0 }',
    by: 'replicas: reach - facts.first, partition: record.rollout.replicas }',
  },
  {
    title: 'roll back: the partition stays as it is with the template',
    file: 'moves/release-replicas.ts',
    find: 'replicas: reach - facts.first, partition: 0 }',
    by: 'replicas: reach - facts.first }',
  },
  {
    title: 'roll back: a failed version is not rejected',
    file: 'rules/roll-back.ts',
    find: 'return rejects(rollout) && !isRetried(facts)',
    by: 'return false',
  },
  {
    title: 'force: the partition stays as it is',
    file: 'moves/straight-in.ts',
    find: '{ record, revision: target, replicas, partition: 0 }',
    by: '{ record, revision: target, replicas }',
  },
  {
    title: 'force: the replicas stay as they are',
    file: 'moves/straight-in.ts',
    find: '{ record, revision: target, replicas, partition: 0 }',
    by: '{ record, revision: target, partition: 0 }',
  },
  {
    title: 'there is no force',
    file: 'rules/rules.ts',
    find: "['force', force],",
    by: '',
  },
  {
    title: 'a blocked rollback is never left for a third version',
    file: 'rules/roll-back.ts',
    find: 'const left = leaving(facts, record, rollout)',
    by: 'const left = undefined',
  },
  {
    title: 'every write to the stable set is taken for one that needs no live LIST',
    file: 'action.ts',
    find: 'return groundsOfIntent[action.intent]',
    by: "return groundsOfIntent[action.intent].filter((ground) => ground !== 'pods')",
  },
  {
    title: 'the canary set is not deleted before stable gets its replicas back',
    file: 'moves/take-canary-away.ts',
    find: "return act({ kind: 'deleteSet', set: refOf(canary) }, reason('deleting the empty canary set'))",
    by: 'return undefined',
  },
  {
    title: 'a deletion that leaves the replicas waits until they are available',
    file: 'rules/orphan.ts',
    find: 'seen(stable) ??',
    by: "seen(stable) ?? (facts.stablePods.filter((pod) => pod.readySince).length < facts.replicas ? wait(doing('')) : undefined) ??",
  },
  {
    title: 'a deletion that leaves the replicas raises the partition of a promotion under way',
    file: 'rules/orphan.ts',
    find: '...(!isPlaced && stable.partition !== 0 && { partition: 0 }),',
    by: '...(isPlaced && stable.partition < replicas && { partition: replicas }),',
  },
]

export function byHand(sourceOf: (file: string) => string): readonly Mutant[] {
  return changes.map(({ title, file, find, by }) => {
    const source = sourceOf(file)
    const from = source.indexOf(find)
    if (from === -1 || source.includes(find, from + 1))
      throw new Error(`mutant "${title}": its text is not found exactly once in ${file}`)
    return { title, file, from, to: from + find.length, by }
  })
}
