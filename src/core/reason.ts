/**
 * The closed list of reasons: why a plan does, waits or refuses, as data. `sentence` turns one into the text that
 * people read in status, events and logs: what is going on, with what, and what to do next. Sentences carry no
 * counters and no times, so that they change only when the situation does.
 */
import { annotations, labels, snapshotFinalizer } from '../api/v1alpha1/constants.ts'
import { assertNever } from './assert-never.ts'
import { finalizerWords } from './words/finalizer-words.ts'
import { logsCommand } from './words/job-words.ts'

/** Nothing to do, the operator at work (or waiting for what it brings about), or a person has to act. */
export type Standing = 'resting' | 'working' | 'stalled'

export type Reason = Resting | Working | Stalled

/** Claims that the last rollback was to restore, and that are as the new version left them. */
interface Unrestored {
  readonly unrestored?: readonly string[]
}

export type Resting =
  | ({ readonly code: 'Stable'; readonly image: string } & Unrestored)
  | { readonly code: 'ScaledToZero'; readonly target: Target; readonly from: string; readonly to: string }
  | { readonly code: 'Paused' }
  | { readonly code: 'Gone' }

export type Working =
  | { readonly code: 'Creating'; readonly what: string }
  | {
      readonly code: 'FirstDeploy'
      readonly target: Target
      readonly image: string
      readonly trouble?: string
      /** No replica is asked for, so that it cannot prove itself. */
      readonly isEmpty?: true
      /** A claim that the storage has not made of its snapshot yet. */
      readonly awaits?: { readonly claim: string; readonly snapshot: string }
    }
  | { readonly code: 'Healing'; readonly image: string }
  | { readonly code: 'Settling'; readonly set: string }
  | { readonly code: 'CanaryLeft'; readonly set: string }
  | { readonly code: 'Checking'; readonly what: string }
  | { readonly code: 'RolloutStarting'; readonly from: string; readonly to: string }
  | { readonly code: 'Displacing'; readonly pods: string }
  | {
      readonly code: 'CanaryStarting'
      readonly pods: string
      readonly image: string
      readonly trouble?: string
    }
  | {
      readonly code: 'AwaitingApproval'
      readonly target: Target
      readonly pods: string
      readonly displaced: string
      readonly image: string
      readonly annotation: string
      /** What the approval is for. */
      readonly move: NextMove
      /** Edits that wait until the rollout is closed. */
      readonly held?: string
      /** A migration has begun that cannot be taken back, and no snapshot covers it. */
      readonly isPastReturn?: true
      /** The migration that comes before the promotion, and what has become of it. */
      readonly ahead?: string
    }
  | {
      readonly code: 'Baking'
      readonly pods: string
      readonly displaced: string
      readonly image: string
      readonly move: NextMove
      /** That move waits for a person. */
      readonly asks: boolean
      readonly held?: string
    }
  | { readonly code: 'StepStarting'; readonly image: string }
  | { readonly code: 'Snapshotting'; readonly claim: string; readonly trouble?: string }
  | {
      readonly code: 'BackingUp'
      readonly target: Target
      /** The replica whose claims the Job backs up. */
      readonly pod: string
      readonly job: string
      readonly trouble?: string
    }
  | {
      readonly code: 'RestoringData'
      readonly target: Target
      readonly pod: string
      /** The version that wrote to them. */
      readonly image: string
      readonly job: string
      readonly trouble?: string
    }
  | {
      readonly code: 'RolloutPaused'
      readonly target: Target
      readonly image: string
      /** What is wrong with the canary meanwhile. */
      readonly trouble?: string
    }
  | {
      readonly code: 'AwaitingMigration'
      readonly target: Target
      readonly image: string
      readonly revision: string
      /** A Job that was there before the rollout began. */
      readonly ignored?: string
      /** The one that counts, while it runs. */
      readonly job?: string
      readonly isPastReturn?: true
    }
  | {
      readonly code: 'MigratingData'
      readonly target: Target
      readonly image: string
      readonly job: string
      readonly trouble?: string
      /** What it does cannot be taken back, and no snapshot covers it. */
      readonly isPastReturn?: true
    }
  | { readonly code: 'Promoting'; readonly image: string; readonly doing?: string }
  | { readonly code: 'RollingBack'; readonly image: string; readonly cause: string; readonly doing?: string }
  | {
      readonly code: 'CheckingRollback'
      readonly target: Target
      readonly image: string
      readonly job: string
      readonly trouble?: string
    }
  | { readonly code: 'Forcing'; readonly image: string; readonly doing?: string }
  | {
      readonly code: 'Terminating'
      readonly doing?: string
      /** What its replicas are left with. */
      readonly left?: string
    }
  | { readonly code: 'Renewing'; readonly image: string }
  | { readonly code: 'Pruning'; readonly image: string }
  | { readonly code: 'PruningSnapshots'; readonly snapshot: string }
  /** `claim`: the one that has it again; else nobody has. */
  | { readonly code: 'ReleasingVolume'; readonly volume: string; readonly claim?: string }
  | {
      readonly code: 'RemovingJob'
      readonly job: string
      /** It is gone, and its pod still has a claim. */
      readonly ending?: { readonly pod: string; readonly claim: string }
    }
  | { readonly code: 'AnnotationDone'; readonly annotation: string }

export type Stalled =
  | ({
      readonly code: 'RevisionRejected'
      readonly target: Target
      readonly image: string
      readonly why?: string
    } & Unrestored)
  | {
      readonly code: 'StableMissing'
      readonly target: Target
      readonly set: string
      readonly kept: string
      readonly image: string
      readonly force: string
      /** What may have written last, where a stored revision tells; that may be the version of the spec. */
      readonly last?: { readonly image: string; readonly isAskedFor: boolean }
      /** A claim that is not there, and the volume that was kept of it; that may be another claim's by now. */
      readonly away?: { readonly claim: string; readonly volume: string; readonly isInUse: boolean }
    }
  | { readonly code: 'ForeignSet'; readonly set: string }
  | { readonly code: 'NamesakeSet'; readonly target: Target; readonly uid: string; readonly set: string }
  | { readonly code: 'ClaimsShared'; readonly set: string; readonly rival: string }
  | { readonly code: 'RecordUnreadable'; readonly set: string; readonly problem: string }
  | { readonly code: 'TwoWriters'; readonly claim: string; readonly pods: string }
  | { readonly code: 'SetRefused'; readonly what: string; readonly message: string }
  | { readonly code: 'ServiceNotHeadless'; readonly target: Target; readonly service: string }
  | { readonly code: 'GuardMissing'; readonly message: string }
  | { readonly code: 'Unprotected'; readonly target: Target }
  | { readonly code: 'HandoverMissing'; readonly message: string }
  | {
      readonly code: 'ReplicasUnavailable'
      readonly pod: string
      readonly trouble: string
      readonly until: string
      /** The command that goes straight to the version that the spec asks for, where it asks for another one. */
      readonly force?: string
    }
  | ({ readonly code: 'ReplicaBroken'; readonly trouble: string; readonly image: string } & Unrestored)
  | {
      readonly code: 'ClaimDeleting'
      readonly claim: string
      /** What still keeps it; a finalizer does where there is none. */
      readonly pod?: string
      /** Somebody else's, which keeps it, too. */
      readonly finalizer?: string
      /** A canary's: no set makes its claim anew, so it goes with its rollout. */
      readonly isCanary?: true
      /** It has ended, and only the finalizer keeps it that is for its snapshot. */
      readonly isStopped?: true
    }
  | { readonly code: 'ClaimMissing'; readonly claim: string }
  | { readonly code: 'SnapshotsRefused'; readonly message: string }
  | {
      readonly code: 'SnapshotNotReady'
      readonly claim: string
      readonly snapshot: string
      /** The replica that was stopped for it. */
      readonly stopped?: string
      readonly trouble?: string
    }
  | {
      readonly code: 'SnapshotMissing'
      readonly target: Target
      readonly claim: string
      readonly snapshot: string
      readonly trouble: string
    }
  | {
      readonly code: 'BackupFailed'
      readonly target: Target
      readonly pod: string
      readonly job: string
      readonly trouble: string
    }
  | {
      readonly code: 'RestoreBlocked'
      readonly target: Target
      readonly claim: string
      readonly trouble: string
      /** What the claim's data was last written by, where it can be had: by that version, or by the one before. */
      readonly written?: { readonly image: string; readonly revision: string }
      /** The old version may open the claim of that name, whatever it has. */
      readonly opens?: true
    }
  | { readonly code: 'RevisionMissing'; readonly name: string }
  | { readonly code: 'PodStuck'; readonly pod: string }
  | { readonly code: 'JobStuck'; readonly job: string }
  | { readonly code: 'JobResumed'; readonly target: Target; readonly job: string }
  | { readonly code: 'ForeignPod'; readonly pod: string; readonly claim: string }
  | {
      readonly code: 'CanaryFailing'
      readonly target: Target
      readonly image: string
      readonly trouble: string
    }
  | {
      readonly code: 'MigrationFailed'
      readonly target: Target
      readonly image: string
      readonly trouble: string
      /** It would be taken back by itself, but for spec.paused. */
      readonly isPaused?: true
      /** Labels of a Job that tries again, where others make it. */
      readonly another?: string
      readonly isPastReturn?: true
    }
  | {
      readonly code: 'MigrationIrreversible'
      readonly image: string
      readonly from: string
      readonly why: string
      /** The commands that accept the loss, and that go on. */
      readonly accept: string
      readonly onward: string
      /** The version that the spec asks for, where it is neither, and the command that goes straight to it. */
      readonly third?: { readonly image: string; readonly command: string }
      /** A rollback gives the claims back what was there before. */
      readonly restored?: 'snapshots' | 'backups'
      readonly another?: string
    }
  | { readonly code: 'PromotionBlocked'; readonly trouble: string; readonly wayOut: string }
  | {
      readonly code: 'RollbackBlocked'
      readonly trouble: string
      readonly wayOut: string
      /** Its claim is still to get a volume. */
      readonly isUnmade?: true
    }
  | {
      readonly code: 'RollbackCheckFailed'
      readonly target: Target
      readonly image: string
      readonly job: string
      readonly trouble: string
      /** How the data of before can be had, where it can. */
      readonly restores?: string
    }
  | { readonly code: 'Unmatched'; readonly facts: string }

/** What comes after the present step of a rollout. */
export type NextMove = 'step' | 'promotion'

/** Whom a printed command is for. */
export interface Target {
  readonly name: string
  readonly namespace: string
}

const resting: ReadonlySet<Reason['code']> = new Set<Resting['code']>([
  'Stable',
  'ScaledToZero',
  'Paused',
  'Gone',
])
const stalled: ReadonlySet<Reason['code']> = new Set<Stalled['code']>([
  'RevisionRejected',
  'StableMissing',
  'ForeignSet',
  'NamesakeSet',
  'ClaimsShared',
  'RecordUnreadable',
  'TwoWriters',
  'SetRefused',
  'ServiceNotHeadless',
  'GuardMissing',
  'Unprotected',
  'HandoverMissing',
  'ReplicasUnavailable',
  'ReplicaBroken',
  'ClaimDeleting',
  'ClaimMissing',
  'SnapshotsRefused',
  'SnapshotNotReady',
  'SnapshotMissing',
  'BackupFailed',
  'RestoreBlocked',
  'RevisionMissing',
  'PodStuck',
  'JobStuck',
  'JobResumed',
  'ForeignPod',
  'CanaryFailing',
  'MigrationFailed',
  'MigrationIrreversible',
  'PromotionBlocked',
  'RollbackBlocked',
  'RollbackCheckFailed',
  'Unmatched',
])

export function standingOf(reason: Reason): Standing {
  if (resting.has(reason.code)) return 'resting'
  return stalled.has(reason.code) ? 'stalled' : 'working'
}

/** The command that sets another image. */
export function setImageCommand(target: Target, image: string): string {
  return patchCommand(target, `{"spec":{"image":"${image}"}}`)
}

/** The command that says what the old version finds after a rollback. */
export function onRollbackCommand(target: Target, onRollback: 'Restore' | 'KeepData'): string {
  return patchCommand(target, `{"spec":{"volumes":{"onRollback":"${onRollback}"}}}`)
}

function patchCommand(target: Target, patch: string): string {
  return `kubectl patch canarystatefulset ${target.name} -n ${target.namespace} --type merge -p '${patch}'`
}

/** How to go from the image that the spec names to another one; where the images are equal the template differs. */
export function changeImageWords(target: Target, from: string, to: string): string {
  return from === to ? 'change spec.template back' : setImageCommand(target, to)
}

/** The command that writes one of our annotations. */
export function annotateCommand(target: Target, annotation: string, value: string): string {
  return `kubectl annotate canarystatefulset ${target.name} -n ${target.namespace} ${annotation}=${value}`
}

function scaleCommand({ name, namespace }: Target): string {
  return `kubectl scale canarystatefulset ${name} -n ${namespace} --replicas=N`
}

/** The command that lets a volume go that was kept aside: Kubernetes deletes it then, with its disk. */
export function letGoCommand(volume: string): string {
  return reclaimCommand(volume, 'Delete')
}

/** With it a volume stays when its claim is deleted. */
export function keepCommand(volume: string): string {
  return reclaimCommand(volume, 'Retain')
}

function reclaimCommand(volume: string, policy: 'Delete' | 'Retain'): string {
  return `kubectl patch pv ${volume} --type merge -p '{"spec":{"persistentVolumeReclaimPolicy":"${policy}"}}'`
}

export function sentence(reason: Reason): string {
  switch (standingOf(reason)) {
    case 'resting':
      return restingSentence(reason as Resting)
    case 'working':
      return workingSentence(reason as Working)
    case 'stalled':
      return stalledSentence(reason as Stalled)
  }
}

/** The same without what is being done just now: it stays as it is for as long as the work is of one kind. */
export function lastingSentence(reason: Reason): string {
  const { doing: _, ...lasting } = reason as Reason & { readonly doing?: string }
  return sentence(lasting)
}

function restingSentence(reason: Resting): string {
  switch (reason.code) {
    case 'Stable':
      return `All replicas run ${reason.image}.${unrestoredWords(reason)}`
    case 'ScaledToZero':
      return (
        `No replica runs, so ${reason.to} waits: without a canary it would open every volume at once. ` +
        `Scale up (${scaleCommand(reason.target)}): the replicas come back on ${reason.from}, then its canary starts.`
      )
    case 'Paused':
      return 'Reconciliation is paused by annotation: nothing is changed until it is removed.'
    case 'Gone':
      return 'The resource is gone.'
    default:
      return assertNever(reason)
  }
}

function workingSentence(reason: Working): string {
  switch (reason.code) {
    case 'Creating':
      return `Creating ${reason.what}.`
    case 'FirstDeploy':
      if (reason.isEmpty)
        return (
          `No replica is asked for (spec.replicas is 0), so ${reason.image} waits to be deployed for the first time. ` +
          `To scale up: ${scaleCommand(reason.target)}`
        )
      if (reason.awaits !== undefined)
        return (
          `Deploying ${reason.image}; claim ${reason.awaits.claim} waits until the storage makes its volume of VolumeSnapshot ${reason.awaits.snapshot}. ` +
          `What the storage says: kubectl describe pvc ${reason.awaits.claim} -n ${reason.target.namespace}`
        )
      return (
        `Deploying ${reason.image} for the first time${troubleClause(reason.trouble)}.` +
        (reason.trouble === undefined
          ? ''
          : ' If the version is at fault, change the spec: another one goes straight in.')
      )
    case 'Healing':
      return `Waiting until every replica is available on ${reason.image}.`
    case 'CanaryLeft':
      return `Removing StatefulSet ${reason.set}, which no rollout needs.`
    case 'Settling':
      return `Waiting until the settings of StatefulSet ${reason.set} are seen by its controller.`
    case 'Checking':
      return `Checking ${reason.what} before any pod is touched.`
    case 'RolloutStarting':
      return `Starting the rollout from ${reason.from} to ${reason.to}.`
    case 'Displacing':
      return `Making room: ${reason.pods} must be gone before the canary may use that data.`
    case 'CanaryStarting':
      return `Waiting until the canary (${reason.pods}) is available on ${reason.image}${troubleClause(reason.trouble)}.`
    case 'AwaitingApproval':
      return (
        `The canary (${reason.pods}) runs ${reason.image} on the data of ${reason.displaced}. ` +
        `${reason.move === 'step' ? 'To take the next step' : 'To promote it'}: ${annotateCommand(reason.target, reason.annotation, 'true')}. ` +
        (reason.ahead === undefined ? '' : `${reason.ahead}. `) +
        (reason.isPastReturn
          ? 'Its migration cannot be taken back: a revert would be held until somebody accepts the loss.'
          : 'To take it back, revert the spec.') +
        heldClause(reason.held)
      )
    case 'Baking':
      return (
        `The canary (${reason.pods}) runs ${reason.image} on the data of ${reason.displaced} and is watched until its bake is over; ` +
        `then ${afterBake(reason.move, reason.asks)}. To take it back, revert the spec.${heldClause(reason.held)}`
      )
    case 'StepStarting':
      return `Starting the next step of ${reason.image}.`
    case 'Snapshotting':
      return `Waiting until the snapshot of claim ${reason.claim} is ready, before new code may write to it${troubleClause(reason.trouble)}.`
    case 'BackingUp':
      return (
        `Job ${reason.job} backs up the claims of ${reason.pod}, before new code may write to them${troubleClause(reason.trouble)}. ` +
        `What it does: ${logsCommand(reason.target, reason.job)}. To take the rollout back, revert the spec.`
      )
    case 'RestoringData':
      return (
        `Job ${reason.job} gives ${reason.pod} its data back, as it was before ${reason.image} could write to it${troubleClause(reason.trouble)}. ` +
        `What it does: ${logsCommand(reason.target, reason.job)}`
      )
    case 'RolloutPaused':
      return (
        `The rollout of ${reason.image} is paused by spec.paused and stays where it is${troubleClause(reason.trouble)}. ` +
        `To go on: ${patchCommand(reason.target, '{"spec":{"paused":false}}')}. To take it back, revert the spec.`
      )
    case 'AwaitingMigration':
      return (
        `${reason.image} waits for its migration: ${awaitedJobWords(reason)}. ` +
        (reason.ignored === undefined
          ? ''
          : `Job ${reason.ignored} does not count: it was there when this rollout began; make another one. `) +
        takeBackWords(reason)
      )
    case 'MigratingData':
      return (
        `Job ${reason.job} migrates to ${reason.image}, and nothing else moves until it ends${troubleClause(reason.trouble)}. ` +
        `What it does: ${logsCommand(reason.target, reason.job)}. ${takeBackWords(reason)}`
      )
    case 'Promoting':
      return `Promoting ${reason.image}${doingClause(reason.doing)}.`
    case 'RollingBack':
      return `Rolling back ${reason.image} (${reason.cause})${doingClause(reason.doing)}.`
    case 'CheckingRollback':
      return (
        `All replicas are back on ${reason.image}, and Job ${reason.job} checks their data before the rollout is closed${troubleClause(reason.trouble)}. ` +
        `What it does: ${logsCommand(reason.target, reason.job)}`
      )
    case 'Forcing':
      return `Forcing ${reason.image}, every replica and no canary${doingClause(reason.doing)}.`
    case 'Terminating':
      return `Deleting${doingClause(reason.doing)}. Claims are kept.${reason.left === undefined ? '' : ` ${reason.left}.`}`
    case 'Renewing':
      return `Numbering the stored revision of ${reason.image} as the newest, since it is what runs.`
    case 'Pruning':
      return `Deleting the stored revision of ${reason.image}, the oldest beyond spec.template.revisionHistoryLimit.`
    case 'PruningSnapshots':
      return `Deleting VolumeSnapshot ${reason.snapshot}, which spec.volumes.snapshot does not keep any longer.`
    case 'ReleasingVolume':
      if (reason.claim !== undefined)
        return `Giving volume ${reason.volume}, which claim ${reason.claim} has got back, its own reclaim policy again.`
      return `Letting go of volume ${reason.volume}, which spec.volumes.retained does not keep any longer.`
    case 'RemovingJob':
      return reason.ending === undefined
        ? `Removing Job ${reason.job}, which no rollout needs.`
        : `Job ${reason.job} was deleted; nothing is started on claim ${reason.ending.claim} before its pod ${reason.ending.pod} is gone.`
    case 'AnnotationDone':
      return `Removing the annotation ${reason.annotation}.`
    default:
      return assertNever(reason)
  }
}

function awaitedJobWords({
  target,
  revision,
  job,
}: Extract<Working, { readonly code: 'AwaitingMigration' }>): string {
  if (job !== undefined) return `for Job ${job} to complete. What it does: ${logsCommand(target, job)}`
  return (
    `for a Job in namespace ${target.namespace}, made since this rollout began, to complete. ` +
    `It is told by its labels ${migrationLabels(target, revision)}`
  )
}

/** Those that a Job of others needs to count. */
export function migrationLabels(target: Target, revision: string): string {
  return `${labels.migration}=${target.name} and ${labels.revision}=${revision}`
}

function takeBackWords({ isPastReturn }: { readonly isPastReturn?: true }): string {
  return isPastReturn
    ? 'It cannot be taken back: a revert would be held until somebody accepts the loss.'
    : 'To take the rollout back, revert the spec.'
}

function unrestoredWords({ unrestored = [] }: Unrestored): string {
  const claims = unrestored.map((claim) => `claim ${claim}`).join(', ')
  return claims === '' ? '' : ` Not restored in the last rollback, but as the new version left it: ${claims}.`
}

function stalledSentence(reason: Stalled): string {
  switch (reason.code) {
    case 'RevisionRejected':
      return (
        `${reason.image} was rejected${reason.why === undefined ? '' : ` (${reason.why})`} and is not tried again; the replicas run the version before it.${unrestoredWords(reason)} ` +
        'Revert the spec, change it to another version, or try this one again: ' +
        annotateCommand(reason.target, annotations.retry, 'true')
      )
    case 'StableMissing':
      return (
        `StatefulSet ${reason.set} is missing while ${reason.kept} is still there, so it is not created anew over data by guess. ${lastWords(reason)} ` +
        awayClause(reason) +
        `To start ${reason.image}, every replica at once, on that data: ${annotateCommand(reason.target, annotations.force, reason.force)}. ` +
        `To start empty, delete the claims first, which the guard policy allows after ${annotateCommand(reason.target, annotations.unprotected, 'true')}.`
      )
    case 'ForeignSet':
      return `StatefulSet ${reason.set} belongs to somebody else: nothing is touched. Delete this resource and apply it under another name.`
    case 'NamesakeSet':
      return (
        `StatefulSet ${reason.set} was made for another resource of this name, an earlier one or this one before it was restored (its label canary.example.com/uid is not ${reason.uid}): nothing is touched. ` +
        `To take it over with its data: ${annotateCommand(reason.target, annotations.unprotected, 'true')}; ` +
        `kubectl label statefulset ${reason.set} -n ${reason.target.namespace} --overwrite canary.example.com/uid=${reason.uid}; ` +
        `kubectl annotate canarystatefulset ${reason.target.name} -n ${reason.target.namespace} ${annotations.unprotected}-`
      )
    case 'ClaimsShared':
      return (
        `StatefulSet ${reason.set} is not created: its claims would have the names of those of CanaryStatefulSet ${reason.rival}, and two pods would write to one volume. ` +
        'Give this resource, or its claim templates, another name.'
      )
    case 'RecordUnreadable':
      return (
        `The rollout record on StatefulSet ${reason.set} cannot be read (${reason.problem}): nothing is touched. ` +
        `Annotate this resource with ${annotations.unprotected}=true, put the set's annotation ${annotations.rollout} back as it was, and remove the former again.`
      )
    case 'TwoWriters':
      return `Two writers: ${reason.pods} run on claim ${reason.claim}. Nothing is touched; delete the pod that should not be there.`
    case 'SetRefused':
      return `The API server refuses ${reason.what}, so nothing was changed: ${reason.message}`
    case 'ServiceNotHeadless':
      return (
        `Service ${reason.service} is not headless (its spec.clusterIP is not None), so no replica would have a DNS name of its own. ` +
        `Delete it, and one that is gets made: kubectl delete service ${reason.service} -n ${reason.target.namespace}. ` +
        'If it is needed as it is, apply a new resource with another spec.template.serviceName.'
      )
    case 'GuardMissing':
      return (
        `No rollout is started, because the admission policy canary-protect is not in force (${reason.message}) ` +
        'and a stranger could start a second writer. Install it with `make install`.'
      )
    case 'Unprotected':
      return (
        'No rollout is started while the resource is annotated canary.example.com/unprotected. Remove that: ' +
        `kubectl annotate canarystatefulset ${reason.target.name} -n ${reason.target.namespace} canary.example.com/unprotected-`
      )
    case 'HandoverMissing':
      return (
        `More than one canary replica needs the admission policy canary-claim-handover (Kubernetes 1.36), which is not in force (${reason.message}). ` +
        'Install it with `make install`, or ask for one canary only (spec.canaryReplicas, spec.strategy.steps).'
      )
    case 'ReplicasUnavailable':
      return (
        `${reason.pod} ${reason.trouble}; ${reason.until} waits for it. Mend the replica, or what it depends on.` +
        (reason.force === undefined
          ? ''
          : ` If the running version itself is broken, go straight to the new one, every replica and no canary: ${reason.force}`)
      )
    case 'ReplicaBroken':
      return (
        `${reason.trouble} on ${reason.image}. Its claim is kept as it is.${unrestoredWords(reason)} ` +
        'Mend what it depends on; or, if it cannot open its data, set spec.image to a version that can.'
      )
    case 'ClaimDeleting':
      return claimDeletingSentence(reason)
    case 'ClaimMissing':
      return `Claim ${reason.claim} is missing: no rollout is started until its replica has it. Where one is under way, revert the spec.`
    case 'SnapshotsRefused':
      return (
        `No rollout is started, because there would be no snapshots to go back to (${reason.message}). ` +
        'Name the class in spec.volumes.snapshot.className, or go without: spec.volumes.snapshot.policy None.'
      )
    case 'SnapshotNotReady':
      return (
        `VolumeSnapshot ${reason.snapshot} of claim ${reason.claim} is not ready after spec.strategy.progressDeadlineSeconds${troubleClause(reason.trouble)}. ` +
        (reason.stopped === undefined
          ? ''
          : `${reason.stopped} was stopped for it and stays away until then. `) +
        'New code gets that claim as soon as it is. To take the rollout back, revert the spec.'
      )
    case 'SnapshotMissing':
      return (
        `The canary is not started: VolumeSnapshot ${reason.snapshot}, the way back of claim ${reason.claim}, ${reason.trouble}, and spec.volumes.snapshot.policy is Required. ` +
        `To take the rollout back, revert the spec, and let the old version open the data as it is: ${onRollbackCommand(reason.target, 'KeepData')}. ` +
        `To start the canary without that way back: ${patchCommand(reason.target, '{"spec":{"volumes":{"snapshot":{"policy":"Auto"}}}}')}`
      )
    case 'BackupFailed':
      return (
        `${reason.pod} is not backed up: ${reason.trouble}. New code gets its claims only when there is a backup. ` +
        `To try again: kubectl delete job ${reason.job} -n ${reason.target.namespace}. To take the rollout back, revert the spec.`
      )
    case 'RestoreBlocked':
      return (
        `Claim ${reason.claim} cannot be restored: ${reason.trouble}. Its replica stays away until that is mended.` +
        (reason.opens === true
          ? ` To let the old version open what that claim has: ${onRollbackCommand(reason.target, 'KeepData')}`
          : '') +
        (reason.written === undefined
          ? ''
          : ` To let the old version open the data as it is: ${onRollbackCommand(reason.target, 'KeepData')}. ` +
            `Or go on with ${reason.written.image}, which wrote to it: ask for it again, and ${annotateCommand(reason.target, annotations.force, reason.written.revision)}`)
      )
    case 'RevisionMissing':
      return (
        `ControllerRevision ${reason.name}, the way back of this rollout, is missing. ` +
        'Revert the spec to the running version for a moment, so that it is stored again.'
      )
    case 'PodStuck':
      return (
        `Pod ${reason.pod} does not end, and nothing may start on its claim before it is gone, so everything waits for it. ` +
        'Look at its node: where that is lost for good, delete the Node object, and the pod goes with it.'
      )
    case 'JobStuck':
      return (
        `Job ${reason.job} is being deleted, its pods are gone, and a finalizer still keeps it (look at its metadata.finalizers), so everything waits for it. ` +
        'Find out who set that finalizer; where they are gone for good, take it out.'
      )
    case 'JobResumed':
      return (
        `No rollout is started, because somebody else resumed Job ${reason.job} before its time (a controller that queues Jobs, or a person), and may do so with each that is made. ` +
        'Its migration may have run. Keep them from it (mostly a label in spec.migration.jobTemplate.metadata does); ' +
        `then: kubectl delete job ${reason.job} -n ${reason.target.namespace}, and another one is made. To do without this rollout, revert the spec.`
      )
    case 'ForeignPod':
      return `Pod ${reason.pod} also uses claim ${reason.claim}: nothing is started on it until that pod is gone.`
    case 'CanaryFailing':
      return (
        `The canary of ${reason.image} fails (${reason.trouble}) and is held, because spec.rollback.automatic is false. ` +
        `To take it back, revert the spec, or: ${annotateCommand(reason.target, annotations.abort, 'true')}`
      )
    case 'MigrationFailed':
      return (
        `The migration to ${reason.image} failed: ${reason.trouble}. Its rollout is held, because ${reason.isPaused ? 'spec.paused is true' : 'spec.rollback.automatic is false'}. ` +
        anotherJobWords(reason) +
        (reason.isPastReturn
          ? 'It cannot be taken back: a revert would be held until somebody accepts the loss.'
          : `To take it back, revert the spec, or: ${annotateCommand(reason.target, annotations.abort, 'true')}`)
      )
    case 'MigrationIrreversible':
      return irreversibleSentence(reason)
    case 'PromotionBlocked':
      return `The promotion holds: ${reason.trouble}. ${reason.wayOut}`
    case 'RollbackBlocked':
      return `The rollback holds: ${reason.trouble}. ${reason.isUnmade ? '' : 'Its claim is kept as it is. '}${reason.wayOut}`
    case 'RollbackCheckFailed':
      return (
        `All replicas are back on ${reason.image}, but the check of their data failed: ${reason.trouble}. The rollout is not closed. ` +
        'Put the data right (volumes that a restore took out of use are in status.retainedVolumes), or set spec.image to a version that opens it. ' +
        (reason.restores === undefined ? '' : `${reason.restores}. `) +
        `To check again: kubectl delete job ${reason.job} -n ${reason.target.namespace}. To do without, remove spec.rollback.check.`
      )
    case 'Unmatched':
      return `The objects fit no rule, so nothing is touched: ${reason.facts}`
    default:
      return assertNever(reason)
  }
}

/** With the set its record is gone, so that only the stored revisions tell. */
/** With it nothing is forced, either. */
function awayClause({ away, target }: Extract<Stalled, { readonly code: 'StableMissing' }>): string {
  if (away === undefined) return ''
  const { claim, volume, isInUse } = away
  return (
    `Claim ${claim} is not there, and volume ${volume} is kept of it; the set would make that claim empty, so it waits, also with force. ` +
    (isInUse ? `Delete the claim first that uses volume ${volume} now. ` : '') +
    `To give it that volume: ${giveBackCommands(target, claim, volume)}. ` +
    `To do without it, and leave the volume as it is: kubectl label pv ${volume} ${labels.keptFor}-. `
  )
}

/** The volume waits for a claim of that name, and for no other; the claim is made as large as the volume. */
function giveBackCommands({ namespace }: Target, claim: string, volume: string): string {
  const waiting = JSON.stringify({
    spec: { claimRef: { namespace, name: claim, uid: null, resourceVersion: null } },
  })
  const manifest =
    `{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"${claim}","namespace":"${namespace}"},` +
    `"spec":{"volumeName":"${volume}","storageClassName":"{{or .spec.storageClassName ""}}","volumeMode":"{{.spec.volumeMode}}",` +
    `"accessModes":["{{index .spec.accessModes 0}}"],"resources":{"requests":{"storage":"{{.spec.capacity.storage}}"}}}}`
  return `kubectl patch pv ${volume} --type merge -p '${waiting}'; kubectl get pv ${volume} -o go-template='${manifest}' | kubectl create -f -`
}

function lastWords({ last, image }: Extract<Stalled, { readonly code: 'StableMissing' }>): string {
  if (last === undefined) return 'Which version wrote to it last is not known, since no revision is stored.'
  const newest = `${last.image} may have written to it last: it is the newest of the stored revisions`
  return last.isAskedFor
    ? `${newest}.`
    : `${newest}. If ${image} cannot open what that wrote, ask for ${last.image} in the spec first.`
}

function irreversibleSentence({
  image,
  from,
  why,
  accept,
  onward,
  third,
  restored,
  another,
}: Extract<Stalled, { readonly code: 'MigrationIrreversible' }>): string {
  const begun = `${image} is not rolled back (${why}): its migration has begun`
  const open = (which: string) =>
    restored === undefined ? `, and have ${which} open what the migration left` : ''
  return (
    (restored === undefined
      ? `${begun}, cannot be taken back, and no snapshot covers what it wrote. `
      : `${begun}, and cannot be taken back. A rollback restores the claims from their ${restored}, but what the migration wrote elsewhere stays. `) +
    anotherJobWords({ another }) +
    `To go on: ${onward}. ` +
    (third === undefined
      ? ''
      : `To go straight to ${third.image}, every replica and no canary${open('that')}: ${third.command}. `) +
    `To go back all the same${open(from)}: ${accept}`
  )
}

function anotherJobWords({ another }: { readonly another?: string | undefined }): string {
  return another === undefined
    ? ''
    : `To try it again, make another Job, with the labels ${another}: the rollout goes on with that. `
}

function claimDeletingSentence({
  claim,
  pod,
  finalizer,
  isCanary,
  isStopped,
}: Extract<Stalled, { readonly code: 'ClaimDeleting' }>): string {
  const kept = finalizer === undefined ? '' : ` ${finalizerWords(finalizer)}.`
  if (pod === undefined)
    return (
      `Claim ${claim} is being deleted and ${finalizer === undefined ? 'a finalizer still keeps it (look at its metadata.finalizers)' : `finalizer ${finalizer} still keeps it`}, ` +
      `so no pod is taken away.${kept} When it is gone, its replica comes back empty.`
    )
  if (isStopped)
    return (
      `Claim ${claim} is being deleted; its pod ${pod} has ended and only a finalizer keeps both, so that no data is lost. ` +
      `Copy the data away; then take ${snapshotFinalizer} out of that pod's metadata.finalizers, and the replica comes back empty.${kept}`
    )
  const keepers =
    finalizer === undefined
      ? `only its pod ${pod} still keeps`
      : `its pod ${pod} and finalizer ${finalizer} keep`
  return (
    `Claim ${claim} is being deleted and ${keepers} the data, so no pod is taken away. ` +
    `Copy the data away; then delete that pod yourself${isCanary ? ': the rollout is taken back' : ''}, and the replica comes back empty.${kept}`
  )
}

function afterBake(move: NextMove, asks: boolean): string {
  if (asks)
    return move === 'step' ? 'a person is asked before the next step' : 'a person is asked to promote it'
  return move === 'step' ? 'the next step follows by itself' : 'it is promoted by itself'
}

function heldClause(held: string | undefined): string {
  return held === undefined ? '' : ` Held until this rollout is closed: ${held}.`
}

function doingClause(doing: string | undefined): string {
  return doing === undefined ? '' : `: ${doing}`
}

function troubleClause(trouble: string | undefined): string {
  return trouble === undefined ? '' : `; ${trouble}`
}
