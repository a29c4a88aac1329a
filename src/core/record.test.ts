import { describe, expect, it } from 'vitest'
import { formatRecord, parseRecord, type Rollout, type RolloutRecord, unrestoredAttempts } from './record.ts'

const rest: RolloutRecord = { accepted: 'old', proven: true, id: 1 }
const full: RolloutRecord = {
  accepted: 'old',
  proven: true,
  rejected: 'third',
  id: 4,
  rollout: {
    from: 'old',
    to: 'new',
    replicas: 3,
    steps: [{ canaryReplicas: 1, bakeSeconds: 60, pause: true }, { canaryReplicas: 2 }],
    step: 1,
    decision: 'rollback',
    cause: 'failed',
    touched: 2,
    ack: true,
    at: { started: 1, stepped: 2, decided: 3 },
  },
}

type Fields = Record<string, unknown>
const fields = (record: RolloutRecord): Fields => JSON.parse(formatRecord(record)) as Fields
const rolloutFields = (): Fields => fields(full)['rollout'] as Fields

function problemOf(value: unknown): string | undefined {
  const parsed = parseRecord(typeof value === 'string' ? value : JSON.stringify(value))
  return parsed.ok ? undefined : parsed.problem
}

const problemOfRollout = (changes: Fields) =>
  problemOf({ ...fields(full), rollout: { ...rolloutFields(), ...changes } })
const problemOfMoments = (changes: Fields) =>
  problemOfRollout({ at: { ...(rolloutFields()['at'] as Fields), ...changes } })

/** What JSON.stringify leaves out. */
const missing = undefined

describe('a record that is written and read again', () => {
  it.each([
    ['at rest', rest],
    ['after a rejection', { ...rest, rejected: 'new' }],
    ['in a rollout with every field', full],
    [
      'with a migration',
      {
        ...full,
        rollout: {
          ...full.rollout,
          migration: {
            type: 'Job',
            timing: 'BeforeCanary',
            irreversible: true,
            mountsClaims: true,
            digest: 'one',
            job: 'uid',
            started: true,
            done: true,
            failed: true,
          },
        } as Rollout,
      },
    ],
    [
      'in a rollout with the necessary fields only',
      {
        ...rest,
        rollout: {
          from: 'old',
          to: 'new',
          replicas: 0,
          steps: [{ canaryReplicas: 0 }],
          step: 0,
          decision: 'promote',
          touched: 0,
          ack: false,
          at: { started: 1 },
        },
      },
    ],
  ] satisfies [string, RolloutRecord][])('%s is the same', (_, record) => {
    expect(parseRecord(formatRecord(record))).toEqual({ ok: true, record })
  })

  it('carries its version first', () => {
    expect(formatRecord(rest)).toBe('{"version":2,"accepted":"old","proven":true,"id":1}')
  })

  it('is of the newest version only where it says what older ones have no room for', () => {
    const said = { ...rest, rejected: 'new', rejectedFor: 'it was aborted' }
    expect(formatRecord(said)).toContain('{"version":3,')
    expect(formatRecord(full)).toContain('{"version":2,')
    const rollout = { ...rolloutFields(), trouble: 'redis-canary-2 keeps crashing' }
    expect(parseRecord(JSON.stringify({ ...fields(full), version: 3, rollout })).ok).toBe(true)
  })
})

describe('a record that an older operator wrote', () => {
  it.each([1, 2])('is read at rest (version %i)', (version) => {
    expect(parseRecord(`{"version":${version},"accepted":"old","proven":true,"id":1}`)).toEqual({
      ok: true,
      record: rest,
    })
  })

  it('is read in a rollout (version 2)', () => {
    expect(parseRecord(JSON.stringify({ ...fields(full), version: 2 }))).toEqual({ ok: true, record: full })
  })

  it('is read in a rollout, whose steps say how many canaries they have', () => {
    const rollout = { ...rolloutFields(), steps: [1, 2] }
    const read = parseRecord(JSON.stringify({ ...fields(full), version: 1, rollout }))

    const steps = [{ canaryReplicas: 1 }, { canaryReplicas: 2 }]
    expect(read).toEqual({ ok: true, record: { ...full, rollout: { ...full.rollout, steps } } })
  })

  it.each([[[1, '2']], [[]], ['none']])('is not guessed at where its steps are %j', (steps) => {
    const rollout = { ...rolloutFields(), steps }
    expect(problemOf({ ...fields(full), version: 1, rollout })).toBe('rollout.steps is missing or ill-typed')
  })
})

describe('the migration of a record', () => {
  const migration = { type: 'Job', timing: 'BeforePromotion', digest: 'one', job: 'uid' }

  it('makes it one of version 5', () => {
    expect(formatRecord({ ...full, rollout: { ...full.rollout, migration } as Rollout })).toContain(
      '{"version":5,',
    )
  })

  it.each([{ uncovered: true }, { earlier: [] }])('makes it one of version 7 with %j', (changes) => {
    const rollout = { ...full.rollout, migration: { ...migration, ...changes } } as Rollout
    expect(formatRecord({ ...full, rollout })).toContain('{"version":7,')
  })

  it.each([
    [{}, undefined],
    [{ type: 'External', job: missing }, undefined],
    [{ type: 'External' }, 'rollout.migration.type and rollout.migration.job disagree'],
    [{ job: missing }, 'rollout.migration.type and rollout.migration.job disagree'],
    [{ timing: 'Never' }, 'rollout.migration.timing is missing or ill-typed'],
    [{ uncovered: true }, undefined],
    [{ earlier: [] }, undefined],
    [{ earlier: ['uid'] }, undefined],
    [{ earlier: [''] }, 'rollout.migration.earlier is missing or ill-typed'],
    [{ earlier: 'uid' }, 'rollout.migration.earlier is missing or ill-typed'],
    [{ uncovered: false }, 'rollout.migration.uncovered is missing or ill-typed'],
    [{ started: false }, 'rollout.migration.started is missing or ill-typed'],
    [{ digest: missing }, 'rollout.migration.digest is missing or ill-typed'],
    [{ more: 1 }, 'rollout.migration.more is unknown'],
  ])('with %j', (changes, problem) => {
    expect(problemOfRollout({ migration: { ...migration, ...changes } })).toBe(problem)
  })
})

describe('attempts whose restore was given up', () => {
  const { rollout, ...closed } = full
  const given = { ...rollout, unrestored: [2] } as Rollout

  it.each<[string, RolloutRecord, readonly number[] | undefined]>([
    ['none', full, undefined],
    ['the one under way', { ...full, rollout: given }, [4]],
    ['earlier ones', { ...closed, unrestoredAttempts: [1] }, [1]],
    ['both', { ...full, rollout: given, unrestoredAttempts: [1] }, [1, 4]],
  ])('are %s', (_, record, attempts) => {
    expect(unrestoredAttempts(record).unrestoredAttempts).toEqual(attempts)
  })

  it('make it one of version 8, which is read again as it was', () => {
    const record = { ...rest, unrestoredAttempts: [1] }
    expect(formatRecord(record)).toContain('{"version":8,')
    expect(parseRecord(formatRecord(record))).toEqual({ ok: true, record })
  })
})

describe('the backups of a record', () => {
  const backups = { backups: true, snapshots: { data: 'job' }, restored: { data: 'claim' } } as const

  it('make it one of version 6, which is read again as it was', () => {
    const record = { ...full, rollout: { ...full.rollout, ...backups } as Rollout }
    expect(formatRecord(record)).toContain('{"version":6,')
    expect(parseRecord(formatRecord(record))).toEqual({ ok: true, record })
  })

  it.each([
    [{}, undefined],
    [{ backups: false }, 'rollout.backups is missing or ill-typed'],
    [{ restored: ['claim'] }, 'rollout.restored is missing or ill-typed'],
    [{ restored: { data: '' } }, 'rollout.restored is missing or ill-typed'],
    [{ snapshotClasses: { data: 'csi' } }, 'rollout.backups and rollout.snapshotClasses are both there'],
  ])('with %j', (changes, problem) => {
    expect(problemOfRollout({ ...backups, ...changes })).toBe(problem)
  })
})

describe('a record that cannot be read', () => {
  it.each([
    ['is missing', undefined, 'it is missing'],
    ['is empty', '', 'it is not JSON'],
    ['is garbage', '{accepted', 'it is not JSON'],
    ['is null', 'null', 'it is not a JSON object'],
    ['is a list', '[]', 'it is not a JSON object'],
    ['is a word', '"old"', 'it is not a JSON object'],
    ['has no version', '{"accepted":"old","proven":true,"id":1}', 'its version is none of 1 to 8'],
    [
      'is of a later version',
      '{"version":9,"accepted":"old","proven":true,"id":1}',
      'a newer operator wrote it, run that one again: its version is 9, and this one reads 8',
    ],
    [
      'spells its version as text',
      '{"version":"1","accepted":"old","proven":true,"id":1}',
      'its version is none of 1 to 8',
    ],
    [
      'has a field that nobody knows',
      '{"version":3,"accepted":"old","proven":true,"id":1,"force":"x"}',
      'force is unknown',
    ],
  ])('one that %s says so', (_, text, problem) => {
    expect(parseRecord(text)).toEqual({ ok: false, problem })
  })

  it.each([
    ['accepted', missing],
    ['accepted', ''],
    ['accepted', 1],
    ['accepted', null],
    ['proven', missing],
    ['proven', 'true'],
    ['proven', 1],
    ['rejected', ''],
    ['rejected', true],
    ['rejected', null],
    ['id', missing],
    ['id', '1'],
    ['id', -1],
    ['id', 1.5],
    ['id', 2 ** 60],
    ['rollout', null],
    ['rollout', []],
    ['rollout', 'promote'],
  ])('one whose %s is %j names that field', (field, value) => {
    expect(problemOf({ ...fields(full), [field]: value })).toBe(`${field} is missing or ill-typed`)
  })

  it.each([
    ['from', missing],
    ['from', ''],
    ['to', missing],
    ['to', 7],
    ['replicas', missing],
    ['replicas', -1],
    ['replicas', '3'],
    ['steps', missing],
    ['steps', []],
    ['steps', 1],
    ['steps', [1, 2]],
    ['step', missing],
    ['step', -1],
    ['step', 0.5],
    ['decision', 'abort'],
    ['decision', null],
    ['cause', 'because'],
    ['touched', missing],
    ['touched', -1],
    ['ack', missing],
    ['ack', 'yes'],
    ['at', missing],
    ['at', null],
    ['at', 5],
  ])('one whose rollout.%s is %j names that field', (field, value) => {
    expect(problemOfRollout({ [field]: value })).toBe(`rollout.${field} is missing or ill-typed`)
  })

  it.each([
    ['started', missing],
    ['started', '2026-11-21'],
    ['stepped', -1],
    ['stepped', null],
    ['decided', 'now'],
  ])('one whose rollout.at.%s is %j names that field', (field, value) => {
    expect(problemOfMoments({ [field]: value })).toBe(`rollout.at.${field} is missing or ill-typed`)
  })

  it.each([
    ['an unknown field in rollout', { paused: true }, 'rollout.paused is unknown'],
    ['a step beyond its steps', { step: 2 }, 'rollout.step is beyond its steps'],
    [
      'more canaries than replicas',
      { steps: [{ canaryReplicas: 1 }, { canaryReplicas: 4 }] },
      'rollout.steps exceed rollout.replicas',
    ],
    [
      'a step without a canary while nothing is decided',
      { steps: [{ canaryReplicas: 0 }, { canaryReplicas: 2 }], decision: undefined, cause: undefined },
      'rollout.steps has one without a canary, and nothing is decided',
    ],
    ['steps that shrink', { steps: [{ canaryReplicas: 2 }, { canaryReplicas: 1 }] }, 'rollout.steps shrink'],
    [
      'a step without canaries',
      { steps: [{ canaryReplicas: 1 }, {}] },
      'rollout.steps[1].canaryReplicas is missing or ill-typed',
    ],
    [
      'a bake of less than no time',
      { steps: [{ canaryReplicas: 1, bakeSeconds: -1 }, { canaryReplicas: 2 }] },
      'rollout.steps[0].bakeSeconds is missing or ill-typed',
    ],
    [
      'a pause that is no yes or no',
      { steps: [{ canaryReplicas: 1, pause: 'true' }, { canaryReplicas: 2 }] },
      'rollout.steps[0].pause is missing or ill-typed',
    ],
    [
      'a step with an unknown field',
      { steps: [{ canaryReplicas: 1, weight: 5 }, { canaryReplicas: 2 }] },
      'rollout.steps[0].weight is unknown',
    ],
    [
      'several canaries that are called 0',
      { fromZero: true, steps: [{ canaryReplicas: 1 }, { canaryReplicas: 2 }] },
      'rollout.fromZero has several canaries',
    ],
    ['ordinals from zero that are not', { fromZero: false }, 'rollout.fromZero is missing or ill-typed'],
    ['more touched than replicas', { touched: 4 }, 'rollout.touched exceeds rollout.replicas'],
    ['a roll back without a cause', { cause: missing }, 'rollout.cause and rollout.decision disagree'],
    ['a cause without a decision', { decision: missing }, 'rollout.cause and rollout.decision disagree'],
    ['a promotion with a cause', { decision: 'promote' }, 'rollout.cause and rollout.decision disagree'],
  ])('one with %s says so', (_, changes, problem) => {
    expect(problemOfRollout(changes)).toBe(problem)
  })

  it('one with an unknown moment says so', () => {
    expect(problemOfMoments({ promoted: 4 })).toBe('rollout.at.promoted is unknown')
  })
})
