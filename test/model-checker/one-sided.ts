/** Conditions of the source that never hold in the model, or always do, each with the reason why that is so. */

export const oneSided: readonly (readonly [titles: RegExp, reason: string])[] = [
  [
    /: (?:facts\.)?(?:stable|record|rollout|canary|decided|rollout\.cause) [!=]== undefined(?: \(2\))?$/,
    'asked for by the compiler: another rule has spoken before, or the caller knows',
  ],
  [/^rules\/gone\.ts/, 'a resource that is gone is not visited'],
  [/^rules\/unmatched\.ts|^rules\/two-writers\.ts/, 'the promises would be broken before'],
  [
    /^moves\/retain\.ts|^rules\/settings\.ts|: retain(?:ed)?\(facts\)|stable\.retains|mayLower/,
    'retention and other settings of the sets are not in the model',
  ],
  [
    /^rules\/edited\.ts|isOutdated: (?:pod\.hash|set\.hash|isOfEdit)|makeWhole: isEdited|stable\.partition === undefined/,
    "strangers' edits of templates are not in the model",
  ],
  [/service/i, 'the Service is not in the model'],
  [
    /\.ours\b|namesake|rival|parsed\?\.ok/,
    'other resources, sets of others, and records that cannot be read, are not in the model',
  ],
  [/await-end\.ts|pod\.endsBy/, 'pods that never end are not in the model'],
  [
    /starting: trouble|blockerOf: pod\?\.unschedulable/,
    'a pod that finds no node is not in the model, and one that failed is judged before',
  ],
  [/isFinished/, 'a pod of a stranger that has ended is not in the model'],
  [/versionOf|replicasLacking: target !== range\.revision/, 'words for people'],
  [/askAgainAt <= facts\.now/, 'the model forgets a no as soon as it may be asked again'],
  [
    /isApproved: |moveOn: rollout\.ack|acknowledge: resource\.promote|rollbackCause: namesRollout/,
    'annotations that count for nothing, or were heeded, are removed by the rule before',
  ],
  [
    /wantsRollout: |paused: resource\.deleting|start: facts\.canary|steady: record\?\.proven|standStill: facts\.stable\?\.revision|terminating: facts\.resource\.spec\.deletionPolicy/,
    'the rule before has spoken there',
  ],
  [
    /canaryAvailability: rollout|isServing: canary\.(?:attempt|revision)|isArmed: can/,
    'a canary set of another attempt is taken away before anybody asks',
  ],
  [
    /nextStep: stable\.revision|forward: (?:rollout\.decision|stable\.revision)|promote: stable\.revision !== rollout\.to|settle: stable\.revision|settled: stable\.(?:revision|caughtUp)|putBack: |isWhole: stable\.revision|strayStable: stable\.revision|force: stable\.revision|bootstrap: stable\.(?:partition|revision)/,
    'only a stranger gives the stable set another template or partition, and one patch changes both; a rollout is closed when currentRevision has caught up',
  ],
  [/lostClaim: (?:pod\.claims|kept)/, 'a claim that a pod still runs on does not go in the model'],
  [/standStill: record\.rejectedFor/, 'only a record that an older operator wrote does not say why'],
  [/claimBeingDeleted: claim\.ordinal >= facts\.first/, 'no claim lies below the first ordinal'],
  [/history\.ts renew: (?:facts\.answers\.renewal|asked)/, 'no renewal is refused in the model'],
  [/orphan\.ts makeWhole: rollout$/, 'asked twice: what is placed by right is so by a rollout'],
  [
    /keepHistory: record\.rollout|retryStanding: |bootstrap: record\.rollout/,
    'asked twice: the caller has asked already',
  ],
  [/deadline: Math\.max|blockerOf: missingAt|standing: /, 'a moment that is known wherever it is asked for'],
  [
    /orphan\.ts (?:leave|pastReturn): stable\.deleting/,
    'a set that goes in the foreground, and a resource whose replicas are to stay: not both',
  ],
  [
    /way-back\.ts (?:wayBack|byBackups|retainedVolumes|touchedClaims)|take-snapshots\.ts troubleOf: snapshot\?\.trouble/,
    'for people: what the status says about the way back',
  ],
  [/(?:snapshottable: |backsUp: spec\.)claimTemplates/, 'the sets of the model have claims'],
  [
    /isUsable: snapshot\.claimUid|troubleOf: snapshot\?\.claimUid/,
    'a displaced claim is made anew by nobody while its snapshot is taken',
  ],
  [/(?:make|backUp): ask\(/, 'asked for where it was refused: it has something to say'],
  [
    /preparedJob: |migration\?\.digest/,
    'a spec has one generation in the model, and what is suspended has not ended',
  ],
  [
    /recordMigrated: migration|jobUid: job|recordedMigration: jobUid|recordRollback: rollout\.migration/,
    'asked for by the compiler: the caller knows',
  ],
  [
    /(?:endReplicaJobs|pruneSnapshots|restoreJobsGone|toFill): ours$/,
    'nobody else makes a Job beside backups in the model',
  ],
  [/pruneJobs: removeJob|jobNotResumed: wait\(/, 'asked where there is one'],
  [/await-job-end\.ts/, 'asked for by the compiler: what is being deleted says since when'],
  [/jobNotResumed: job\.purpose/, 'no migration of the model is beside backups'],
  [
    /(?:migrating|checking|backingUp|restoring): (?:trouble|pod\.job)/,
    'a pod that cannot start is not in the model, but for its claim',
  ],
  [/claimsBack: kept === undefined/, 'asked twice, for the compiler'],
  [/claimsBack: replaceStuckPod/, 'one that leaves a claim whose restore was given up never ran'],
  [
    /restore\.ts restore: restoreClaim|takeSnapshots: awaitReady|forward\.ts remake: |unpinned: claimDeleting|provisioned: wait|lower: going/,
    'asked for by the compiler, or where there is one: it has something to say',
  ],
  [
    /claimsBack: (?:isLeaving|isUsable)/,
    'whoever leaves a restore whose snapshot is gone, or whose claim was made again: told in tables, too far for what is explored',
  ],
  [/stopForSnapshot: claimDeleting/, 'whoever stops a replica has asked before'],
  [/missingAt: returned === undefined/, 'replicas are missed after they were given back'],
  [/isRestoring: claim !== undefined/, 'a claim that is away is still to be restored, and nobody comes here'],
  [/isUsable: isOutdated/, 'an outdated one is taken away before'],
  [/awaitingRestore: ordinal >=/, 'in the model nobody labels pods by hand while a rollback restores'],
  [/pinned\.ts isNext: (?:role|stable\.partition)/, 'replicas of stable are stopped, and no others'],
  [
    /mayBeAdopted: decision|awaited: ordinal >= first|volumeExpiry: keptAt|isDone: isRecorded/,
    'asked for whoever calls, or for the compiler: it is so where it is asked',
  ],
  [
    /checkRollback: restores|migrate\.ts failed: |told: rollout\.trouble|roll-back\.ts onward: |held: target === rollout\.from/,
    'words for people: which way out a sentence names',
  ],
  [
    /(?:backUp|make): facts\.resource\.spec\.backups|dueAt: backups/,
    'nobody takes the Jobs out of the spec in the model',
  ],
  [
    /backsUp: (?:spec\.snapshots\.policy|classesOf)|withoutSnapshots: (?!facts)/,
    'where snapshots are asked for, the storage of the model takes them',
  ],
  [
    /awaitBackup: (?:job === undefined|standing)|make: uid|isOf: claim|awaitReady: snapshot|snapshotted: classes\[|snapshotDeadline: dueAt/,
    'asked for by the compiler: it is there',
  ],
  [
    /(?:awaitBackup|fillClaims): job\.outcome === undefined|jobNotResumed: job\.outcome/,
    'what is suspended has not ended',
  ],
  [
    /back-up\.ts (?:discardBackup|resume): (?:claimDeleting|user|snapshot|untilDue)|take-snapshots\.ts discard: byJob|isOutdated: snapshot\.claimUid/,
    'a stranger, or a claim that is another one, beside a replica that is stopped for its backup: told in tables, too far for what is explored',
  ],
  [
    /fillClaims: ordinals\.includes/,
    'the claims of a replica that its set has let go of are not made again yet',
  ],
  [/fill-claims\.ts prepare: left\.length/, 'a Job of the model goes after its pods'],
  [
    /make: backup === undefined|snapshotTrouble: byJob/,
    'all that is touched was backed up, but where a stranger scales a set: told in tables',
  ],
  [
    /(?:hasFailed: one\.job|restoreJobsGone: )\.?deleting/,
    'a person who deletes a Job in that very moment: told in tables, too far for what is explored',
  ],
  [
    /pruneSnapshots: claimDeleting|takeEndedAway: claimDeleting|isLastOf: pod\.claims/,
    'whoever takes a Job away at rest has looked at the claims before; and what is there of a pod that has ended has its volume kept',
  ],
  [/find: restored !== true/, 'volumes of the model are found in the order in which they were made'],
  [
    /foreignWriter: ordinal < to|restoreClaim: \(claim \?\? kept\)|claimsFree: wait|goneTrouble: snapshot === undefined/,
    'two restores at once, one of them with a stranger or with nothing left of its claim: too far for what is explored; told in tables',
  ],
  [
    /giveUpRestore: (?:claim|pod|kept|isStorage|one\.claim\?\.asked)|unplaced: |blocked: unmade/,
    'every claim is asked for at once, and every pod finds its node in the model',
  ],
  [/pruneSnapshots: attempt > id/, 'the sets are read live before; an older record is told in tables'],
  [
    /(?:remake|take): (?:facts\.answers|ask\(facts|source)|(?:snapshotOverdue|snapshotDeadline): (?:answer|refusedSince)/,
    'no snapshot and no claim is refused in the model',
  ],
  [
    /await-claim-end\.ts|goingTrouble: finalizer|claimDeleting: claim\.finalizer/,
    "others' finalizers on claims are not in the model",
  ],
  [/backupsTrouble: (?:backups|obstacleOf)|obstacleClause: |stays: /, 'words for people'],
  [
    /giveUpUnmade: (?:one\.fallsBack|wait\()|awaitClaimEnd: |isUnmade: claim !== undefined/,
    'asked where there is one that waits for its volume, which was given up by nobody yet',
  ],
  [/removeSnapshots: .*onDelete/, 'spec.volumes.snapshot.onDelete is not in the model'],
  [
    /isInUse: user\.role|displace: outdated/,
    'a replica, or a pod of somebody else, that comes and goes in between: too far for what is explored',
  ],
  [/restoreClaim: isUsable\(one\) \(2\)|goneTrouble: isUsable|create\.ts newest: last/, 'words for people'],
  [
    /isLastOf: retains|losesVolume: |takeOutOfUse: (?:losesVolume|kept !== known|facts\.answers\.volume|known === undefined|may$|ask\()/,
    'nobody changes the reclaim policy of a volume in the model, and no keeping of one is refused',
  ],
  [
    /remake: kept\.holder|strangeTrouble: taken|takenBy: |(?:isDone|isStrange): taken|isEmpty: found\.taken|force\.ts (?:leave: taken|taken: )/,
    'no volume that is kept of a claim goes to another one in the model',
  ],
  [
    /snapshotTrouble: snapshot !== undefined|snapshots-in-place\.ts (?:isThere: snapshot\?\.ready|troubleOf: )/,
    'no snapshot of the model loses its readiness',
  ],
  [/snapshotsInPlace: rollout\.backups/, 'where snapshots are required, no Jobs back up'],
  [/snapshotsInPlace: wait\(|discardSnapshots: discard\(/, 'asked where there is one'],
  [/claimsFree: outlivesJob|outlivesJob: /, 'a Job of the model that is deleted takes its pods along'],
  [
    /create\.ts (?:missing: away|awayClaim: |isThere: )/,
    'no set of the model is deleted while a claim of it is away; told in tables',
  ],
  [/stillOnBefore: snapshots/, 'the partition falls once for each'],
  [
    /restorable: (?:isToFill|isRestored\(one, rollout\) \(2\))/,
    'with VolumeSnapshots a replica of the model has one claim',
  ],
  [/settle: volumeAwaited/, 'a volume of the model is there before the wait is long, or never'],
]

export function reasonFor(title: string): string | undefined {
  return oneSided.find(([titles]) => titles.test(title))?.[1]
}
