/**
 * The rollout record: the few facts of a rollout that no object tells by itself, kept as one JSON annotation on the
 * stable set, where every write of it fences older, late patches of that set (a dead leader's, say).
 * What is not here is derived from objects; status is only a mirror of both.
 */

/**
 * Raised where an older operator could not read, or would misread, what is written; older forms are read for ever. A record
 * is of the oldest version that has room for what it says, so that a downgrade meets few that it cannot read.
 */
const newestVersion = 8

export type Decision = 'promote' | 'rollback'

/** Why a rollout is rolled back. `failed`, `deadline` and `aborted` reject the revision, the others do not. */
export type RollbackCause = (typeof causes)[number]

const causes = ['reverted', 'superseded', 'failed', 'deadline', 'aborted'] as const

export type Names = Readonly<Record<string, string>>

/** Moments are milliseconds since 1970. */
export interface RolloutMoments {
  readonly started: number
  readonly stepped?: number
  readonly decided?: number
  /** When a roll back last gave stable replicas back. */
  readonly returned?: number
}

/** One step of a rollout; what is left out is not so, or not said. */
export interface Step {
  readonly canaryReplicas: number
  /** How long every canary must have been ready before the next move; the spec's where left out. */
  readonly bakeSeconds?: number
  /** The next move waits for an approval. */
  readonly pause?: boolean
}

/** As the spec had it at the start of the rollout, and how far it has come. */
export interface RolloutMigration {
  readonly type: 'Job' | 'External'
  readonly timing: 'BeforePromotion' | 'BeforeCanary'
  readonly irreversible?: true
  readonly mountsClaims?: true
  /** Tells whether the spec says something else by now. */
  readonly digest: string
  /** uid of its Job, which is made before the rollout starts and does nothing until it is resumed. No other one counts. */
  readonly job?: string
  /** uids of the Jobs of others that were there when the rollout began: they are of no attempt that counts. Of type External only. */
  readonly earlier?: readonly string[]
  /** Its Job may run from now on; recorded before we let it, and when we see that others did. */
  readonly started?: true
  /** Its Job mounts claims, and others let it run: nobody knows whether their snapshots are of before. */
  readonly uncovered?: true
  readonly done?: true
  /** The rollout is rolled back for it. */
  readonly failed?: true
}

/** One attempt to bring a revision in. N and steps are frozen at its start: later edits are held until it is closed. */
export interface Rollout {
  readonly from: string
  readonly to: string
  /** Replicas of the whole when the rollout started. */
  readonly replicas: number
  /** Canary replicas are clamped to `replicas` and never fall; one step of 0 is a rollout without a canary. */
  readonly steps: readonly Step[]
  /** Index into `steps` of the step under way. */
  readonly step: number
  /** The canary pod is called 0, whichever replica it displaces. */
  readonly fromZero?: true
  readonly decision?: Decision
  readonly cause?: RollbackCause
  /** What was seen when it was decided to roll back, in words for people. */
  readonly trouble?: string
  /** How many ordinals, from the top, new code may have written to; recorded before it can. */
  readonly touched: number
  /** The snapshot class by claim template; left out where no VolumeSnapshots are taken. Frozen with the rest. */
  readonly snapshotClasses?: Names
  /** Jobs back the claims up instead, one for each replica. Frozen with the rest. */
  readonly backups?: true
  /**
   * By claim that new code may have written to: the uid of its snapshot, or of the Job that backed it up, recorded with `touched`. No
   * other one counts: a create that comes late, or a person's, may have what new code wrote.
   */
  readonly snapshots?: Names
  /** The rollback gives those claims the content of their snapshots. Said with the decision, or later; never taken back. */
  readonly restores?: true
  /** By claim that a Job has filled from its backup: which one. Recorded before anything rests on it, so that none is filled twice. */
  readonly restored?: Names
  /** Ordinals whose restore failed: they get their volumes back as the new code left them. */
  readonly unrestored?: readonly number[]
  readonly migration?: RolloutMigration
  /** An approval was consumed with a step or the decision; its annotation may not be gone yet. */
  readonly ack: boolean
  readonly at: RolloutMoments
}

export interface RolloutRecord {
  /** The revision that stable must run. */
  readonly accepted: string
  /** Stable was whole at `accepted` once. */
  readonly proven: boolean
  /** A revision that is not to be tried again until the spec is reverted or changed. */
  readonly rejected?: string
  /** Why, in words for people: the event that told of it is long gone when somebody asks. */
  readonly rejectedFor?: string
  /** Number of the newest attempt; never reused. */
  readonly id: number
  /** Attempts of which a restore was given up: nothing but their snapshots and backups has what was there before. */
  readonly unrestoredAttempts?: readonly number[]
  readonly rollout?: Rollout
}

/** A record with its rollout. */
export type ActiveRecord = RolloutRecord & { readonly rollout: Rollout }

/** The revision failed, or a person said no to it; who merely changed the spec meant no verdict. */
export function rejects({ cause }: Rollout): boolean {
  return cause === 'failed' || cause === 'deadline' || cause === 'aborted'
}

/**
 * For replicas that come back in a promotion: a set that was without any has forgotten the version before (Kubernetes takes its
 * update for completed), so that those below the partition may run new code, too.
 */
export function allTouched(record: RolloutRecord, rollout: Rollout): RolloutRecord {
  return { ...record, rollout: { ...rollout, touched: rollout.replicas } }
}

/** What stays of the restores that were given up, whoever closes the rollout. */
export function unrestoredAttempts({
  id,
  unrestoredAttempts: before = [],
  rollout,
}: RolloutRecord): Pick<RolloutRecord, 'unrestoredAttempts'> {
  const attempts = rollout?.unrestored === undefined ? before : [...before, id]
  return attempts.length === 0 ? {} : { unrestoredAttempts: attempts }
}

/** What could be read of the annotation: a record, or a sentence that says what is wrong with it. */
export type ParsedRecord =
  | { readonly ok: true; readonly record: RolloutRecord }
  | { readonly ok: false; readonly problem: string }

/** The annotation's text. Key order is fixed, so equal records are equal texts. */
export function formatRecord(record: RolloutRecord): string {
  return JSON.stringify({ version: versionOf(record), ...record })
}

/** Replicas are snapshotted, or backed up, before new code may write to their claims. */
export function takesSnapshots({ snapshotClasses, backups }: Rollout): boolean {
  return snapshotClasses !== undefined || backups === true
}

/**
 * Version 3 brought words for people, version 4 snapshots, version 5 migrations, version 6 backups, version 7 what others do to a
 * migration, version 8 attempts whose restore was given up.
 */
function versionOf({ rejectedFor, unrestoredAttempts: attempts, rollout }: RolloutRecord): number {
  const { uncovered, earlier } = rollout?.migration ?? {}
  if (attempts !== undefined) return newestVersion
  if (uncovered !== undefined || earlier !== undefined) return 7
  if (rollout?.backups !== undefined) return 6
  if (rollout?.migration !== undefined) return 5
  if (rollout?.snapshotClasses !== undefined) return 4
  return rejectedFor === undefined && rollout?.trouble === undefined ? 2 : 3
}

/** Reads the annotation strictly: an unknown version, a missing or ill-typed field is a problem, never a guess. */
export function parseRecord(text: string | undefined): ParsedRecord {
  if (text === undefined) return { ok: false, problem: 'it is missing' }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { ok: false, problem: 'it is not JSON' }
  }
  const present = fromOlder(value)
  const problem = problemOf(present)
  if (problem !== undefined) return { ok: false, problem }
  const { version: _, ...record } = present as RolloutRecord & { version: number }
  return { ok: true, record }
}

/** Version 1 knew of a step only how many canaries it has. */
function fromOlder(value: unknown): unknown {
  if (!isFields(value)) return value
  const { version } = value
  if (typeof version === 'number' && version >= 2 && version < newestVersion)
    return { ...value, version: newestVersion }
  if (version !== 1) return value
  const { rollout } = value
  if (!isFields(rollout) || !counts(rollout['steps'])) return { ...value, version: newestVersion }
  const steps = (rollout['steps'] as readonly number[]).map((canaryReplicas) => ({ canaryReplicas }))
  return { ...value, version: newestVersion, rollout: { ...rollout, steps } }
}

type Fields = Readonly<Record<string, unknown>>

function problemOf(value: unknown): string | undefined {
  if (!isFields(value)) return 'it is not a JSON object'
  const { version } = value
  if (count(version) && (version as number) > newestVersion)
    return `a newer operator wrote it, run that one again: its version is ${version as number}, and this one reads ${newestVersion}`
  if (version !== newestVersion) return `its version is none of 1 to ${newestVersion}`
  return (
    wrongField(value, recordFields, '') ??
    (value['rollout'] === undefined ? undefined : problemOfRollout(value['rollout']))
  )
}

function problemOfRollout(value: unknown): string | undefined {
  if (!isFields(value)) return 'rollout is not an object'
  const wrong = wrongField(value, rolloutFields, 'rollout.')
  if (wrong !== undefined) return wrong
  const moments = value['at'] as Fields
  const steps = value['steps'] as readonly Fields[]
  const wrongStep = steps.map((step, index) => wrongField(step, stepFields, `rollout.steps[${index}].`))
  return (
    wrongField(moments, momentFields, 'rollout.at.') ??
    problemOfMigration(value['migration'] as Fields | undefined) ??
    wrongStep.find((problem) => problem !== undefined) ??
    problemOfSteps(value as unknown as Rollout)
  )
}

function problemOfMigration(value: Fields | undefined): string | undefined {
  if (value === undefined) return undefined
  const wrong = wrongField(value, migrationFields, 'rollout.migration.')
  if (wrong !== undefined) return wrong
  const isOfJob = value['type'] === 'Job'
  return isOfJob === (value['job'] !== undefined)
    ? undefined
    : 'rollout.migration.type and rollout.migration.job disagree'
}

function problemOfSteps(rollout: Rollout): string | undefined {
  if (rollout.step >= rollout.steps.length) return 'rollout.step is beyond its steps'
  const canaries = rollout.steps.map((step) => step.canaryReplicas)
  if (canaries.some((count) => count > rollout.replicas)) return 'rollout.steps exceed rollout.replicas'
  if (canaries.some((count, index) => count < (canaries[index - 1] ?? 0))) return 'rollout.steps shrink'
  if (rollout.fromZero && canaries.some((count) => count > 1)) return 'rollout.fromZero has several canaries'
  if (rollout.decision === undefined && canaries.includes(0))
    return 'rollout.steps has one without a canary, and nothing is decided'
  if (rollout.touched > rollout.replicas) return 'rollout.touched exceeds rollout.replicas'
  if (rollout.restores && rollout.decision !== 'rollback') return 'rollout.restores without a rollback'
  if (rollout.backups && rollout.snapshotClasses !== undefined)
    return 'rollout.backups and rollout.snapshotClasses are both there'
  if ((rollout.decision === 'rollback') !== (rollout.cause !== undefined))
    return 'rollout.cause and rollout.decision disagree'
  return undefined
}

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string' && value !== ''
const flag: Check = (value) => typeof value === 'boolean'
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const counts: Check = (value) => Array.isArray(value) && value.length > 0 && value.every(count)
const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string)
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value)

const names: Check = (value) => isFields(value) && Object.values(value).every(text)

const recordFields: Readonly<Record<string, Check>> = {
  version: count,
  accepted: text,
  proven: flag,
  rejected: optional(text),
  rejectedFor: optional(text),
  id: count,
  unrestoredAttempts: optional(counts),
  rollout: optional(isFields),
}

const rolloutFields: Readonly<Record<string, Check>> = {
  from: text,
  to: text,
  replicas: count,
  steps: (value) => Array.isArray(value) && value.length > 0 && value.every(isFields),
  step: count,
  fromZero: optional((value) => value === true),
  decision: optional(oneOf('promote', 'rollback')),
  cause: optional(oneOf(...causes)),
  trouble: optional(text),
  touched: count,
  snapshotClasses: optional(names),
  backups: optional((value) => value === true),
  snapshots: optional(names),
  restored: optional(names),
  restores: optional((value) => value === true),
  unrestored: optional(counts),
  migration: optional(isFields),
  ack: flag,
  at: isFields,
}

const isTrue: Check = (value) => value === true

const migrationFields: Readonly<Record<string, Check>> = {
  type: oneOf('Job', 'External'),
  timing: oneOf('BeforePromotion', 'BeforeCanary'),
  irreversible: optional(isTrue),
  mountsClaims: optional(isTrue),
  digest: text,
  job: optional(text),
  earlier: optional((value) => Array.isArray(value) && value.every(text)),
  started: optional(isTrue),
  uncovered: optional(isTrue),
  done: optional(isTrue),
  failed: optional(isTrue),
}

const stepFields: Readonly<Record<string, Check>> = {
  canaryReplicas: count,
  bakeSeconds: optional(count),
  pause: optional(flag),
}

const momentFields: Readonly<Record<string, Check>> = {
  started: count,
  stepped: optional(count),
  decided: optional(count),
  returned: optional(count),
}

function wrongField(
  value: Fields,
  checks: Readonly<Record<string, Check>>,
  path: string,
): string | undefined {
  const unknown = Object.keys(value).find((field) => !(field in checks))
  if (unknown !== undefined) return `${path}${unknown} is unknown`
  const wrong = Object.entries(checks).find(([field, check]) => !check(value[field]))
  return wrong === undefined ? undefined : `${path}${wrong[0]} is missing or ill-typed`
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
