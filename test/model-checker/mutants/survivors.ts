/**
 * Mutants that no exploration catches, each with the reason why it breaks no promise of this model: it is redundant (another
 * precondition asks the same, so the second of two locks is seen), it is liveness only (something is asked for twice,
 * later or by another way), or what it is about is not in the model. The first that fits is given.
 */

const words =
  'only with which words, and when, an annotation that cannot count goes: what was consumed stands in the record (`ack`), and `decide` asks itself what an approval or an abort names'
const bothWays = 'redundant: the operands change in one write, so each of them is enough'
const unheard = 'liveness: what a person asks for in this form is not heard; the other forms and `force` are'

export const survivors: readonly (readonly [titles: RegExp, reason: string])[] = [
  // Jobs.
  [
    /(?:preparedJob|jobNotResumed|checkOf|backupsTrouble): without (?:job\.ours|ours)$|^jobs\/migration\.ts jobsTo: without !ours/,
    'redundant: Jobs of somebody else have no number of an attempt and no purpose, and where theirs migrate there are none of ours',
  ],
  [
    /isHarmless: without suspended$|preparedJob: |jobNotResumed: without job\.purpose|jobNotResumed: without the guard facts\.resource/,
    'another generation of the spec is not in the model, nor are migrations beside backups; two attempts have two names, and one that somebody has resumed is said before',
  ],
  [/(?:jobNotResumed|beganUnrecorded): without job\.outcome/, 'what is suspended has not ended in the model'],
  [
    /arm: without endReplicaJobs/,
    'only the whole exploration comes that far: a person deletes a backup while the write that recorded it is still under way; told in a table',
  ],
  [
    /await-job-end\.ts|jobNotResumed: without !job\.deleting/,
    'only words: what is waited for, and when it is said that it does not go',
  ],
  [
    /^moves\/migrate\.ts (?:failed: without|awaiting: without)|^jobs\/irreversible\.ts (?:pastReturn|noWayBack): without|^jobs\/migration\.ts failureWords|^rules\/orphan\.ts told: without|awaitReady: without \{ stopped/,
    'only words, and what the status says of the way back',
  ],
  [
    /^moves\/migrate\.ts begun: without migration\.(?:irreversible|mountsClaims)|recordBegun: without the guard migration\?\.irreversible/,
    'harmless: it is noted, too, where nothing rests on it',
  ],
  [/^jobs\/migration\.ts isEarlier: without createdAt/, 'a record of an older operator: told in a table'],
  [
    /^jobs\/migration\.ts isDue: without (?:decision === 'rollback'|\(type|type|started)/,
    'redundant: who rolls back does not ask, and one that is under way is asked for before',
  ],
  [
    /^rules\/start\.ts (?:claimToAskOf|withoutSnapshots): without/,
    'whose storage is asked, and what is told where it takes no snapshots: the storage of the model takes them; told in tables',
  ],
  [
    /awaitClaimEnd: |claimDeleting: without (?:claim\.finalizer|\{ finalizer)/,
    "other people's finalizers on claims are not in the model (`moves/restore.test.ts`, `plan.test.ts`)",
  ],
  [
    /deploying: without (?:facts\.replicas|\{ isEmpty)|lostEvents: |settle: without volumeAwaited|force: without removeAcceptance/,
    'only words, and the event of an annotation that goes',
  ],
  [
    /acceptanceStanding: |takeBack: without detail|recordRollback: without (?:verdict|rollout)\.migration|checkedEvents: /,
    'only words, and which phase is shown',
  ],
  [
    /mustGo: |isHarmless: |endJob: without (?:the guard isHarmless|left)|pruneJobs: |steady: without pruneJobs/,
    'only how long a Job that has ended, or was never started, is there for people to read; where its pods keep a claim the restore says so',
  ],
  [
    /endJob: without the guard job\.deleting|checkRollback: without (?:the guard )?job\.(?:outcome|deleting)/,
    'liveness: what is deleted is deleted once more, or a check that runs is said to have failed, until it has ended',
  ],
  [
    /endJob: without migration\?\.job|isMigrating: without|recordStart: without migration/,
    'redundant: asked again where it matters',
  ],
  [
    /migrate: without alone|alone: without|scaledBack|frozen: without mountClaims|migrate: without scaledBack/,
    'redundant: asked again before the Job is resumed; a Job that is taken for one with claims only waits for more',
  ],
  [
    /promote: without \((?:isMigrating|rollout\.migration)/,
    'redundant: it migrates once the canary is gone; only whether that runs meanwhile is another matter',
  ],
  [
    /start: without (?:migratable|checkable|backedUp)|migratable: without order|(?:checkable|backedUp): without|make: without/,
    'liveness: what the API server would refuse is found later, when the Job is made',
  ],
  [
    /removeJob: without claimDeleting/,
    'redundant: Jobs are removed at rest and at the start, where claims are looked at before',
  ],
  [/rollbackCause: without canaryTrouble/, 'liveness: a canary that fails is held, and a person reverts'],
  [/facts\.rival|foreign\?\.namesake/, 'other resources, and what they left, are not in the model'],
  [
    /(?:endReplicaJobs|isBackingUp|backupsTrouble|restoreJobsGone|pruneSnapshots): without (?:job\.|one\.)?ours$/,
    'Jobs of somebody else have no purpose of ours, and nobody makes one beside backups in the model',
  ],
  [
    /^moves\/(?:back-up\.ts (?:standing|backupTrouble|backupsTrouble|resume: without (?:snapshot|untilDue))|give-up-restore\.ts giveUpRestore: without unwanted|restore\.ts snapshotTrouble)|snapshotOverdue: without (?:backupsTrouble|'a snapshot)|awaitBackup: without jobs\.find/,
    'only words, and which of several Jobs they name; when its time is over is asked by decide, too',
  ],
  [
    /^moves\/(?:back-up\.ts backUp|fill-claims\.ts make): without/,
    'liveness: what the API server refuses, or the spec no longer has, is tried once more',
  ],
  [
    /awaitBackup: without (?:!job\.deleting|job\.outcome)|fillClaims: without job\.outcome|prepare: without the guard job\?\.deleting|(?:end-replica-jobs\.ts (?:hasEnded|end)|hasFailed|pruneSnapshots|restoreJobsGone): without (?:the guard )?!?(?:one\.job\.|one\.)?deleting/,
    'harmless: what is being deleted is deleted once more, or patched in vain; what has ended is not suspended',
  ],
  [
    /hasEnded: without unfinishedPods/,
    'redundant: a Job of the model ends when its pods have, and with the pods of another one everybody waits for those that use a claim',
  ],
  [
    /endReplicaJobs: without !own\.some/,
    'liveness: pods that have a Job are waited for, as if they had none',
  ],
  [
    /hasFailed: without isOf|isBackingUp: without|prepareJob: without job\.purpose|preparedJob: without job\.purpose/,
    'redundant: Jobs of other claims are deleted before, and those of other attempts or purposes have ended, or are suspended; at the start they are only removed sooner',
  ],
  [
    /back-up\.ts (?:discardBackup|resume: without claimDeleting)|take-snapshots\.ts discard: without the guard byJob|takeSnapshots: without await(?:ed\[0\]|Ready)|isOutdated: without (?:\(?snapshot\.byJob|snapshot\.claimUid)/,
    'told in tables: a replica that ran again since, or a claim that is another one; a Job that reads a claim takes nothing away',
  ],
  [
    /takeEndedAway: without|isLastOf: without/,
    'told in tables: the volumes of a replica are kept before pods that have ended are taken away, and with one of another replica only what it said goes',
  ],
  [
    /restoreJobsGone: without|orphan: without restoreJobsGone/,
    'only how long a Job that has ended is there: that none is left which belongs to nobody is told in a table, and on the real cluster',
  ],
  [
    /endReplicaJobs: without (?:job\.purpose|isReplicaJobName)/,
    'redundant: only a restore is for claims that are to be filled; and of other Jobs no pods are left by then',
  ],
  [
    /backsUp: without (?:spec\.claimTemplates|spec\.snapshots|classesOf)/,
    'replicas without claims, and storage that takes no snapshots where they are asked for, are not in the model: told in tables',
  ],
  [
    /claimsBack: without (?:byJob|!?isLeaving)$/,
    'harmless: the volume that was kept is given back sooner, or to a claim of the same name made again',
  ],
  [
    /claimsBack: without the guard ended/,
    'told in a table, too far for what is explored: a restore by a Job has ended, and another version is forced',
  ],
  [
    /pruneSnapshots: without claimDeleting/,
    'redundant: at rest a claim that is being deleted is said before its pods are asked for',
  ],
  [
    /restoreClaim: without !claim\.deleting|userOf: without pod\.role === 'job'/,
    'only whether it is said: what is being deleted has no user but pods that have ended, and those of strangers do not end in the model',
  ],
  [
    /snapshotted: without \(classes\[|snapshotOf: without|dueAt: without byJob/,
    'where a replica of the model has two claims a Job backs them up, and that has as much time as a snapshot',
  ],
  // The record, and changes by hand.
  [
    /^record: rollout\.at\.decided is lost/,
    'only words: since when an ordinal has had no pod; the set controller of the model always makes one',
  ],
  [
    /^promote: the one patch leaves the replicas out/,
    'redundant: returnReplicas brings them back in a second patch, on the new version, since template and partition came first',
  ],
  [
    /^start: the rejection is forgotten nowhere/,
    'liveness: the version stays rejected after another one was promoted; a revert or retry leads out',
  ],
  [
    /^decide: the next step keeps the moment of the one before/,
    'the length of a bake: only of a second step of the same size, whose canaries are not new',
  ],
  [
    /^force: the (?:partition|replicas) stay/,
    'redundant: bootstrap puts partition and replicas right in a second write; one patch spares the time between',
  ],
  [
    /^decide: from rollback back to promote|^rules\/decide\.ts isApproved: without !ack/,
    'redundant with the order of the rules: annotations removes an approval that was consumed, or that comes to a decided rollout, before decide sees it',
  ],
  // Stored revisions.
  [
    /^moves\/history\.ts/,
    'which versions, and how many, are kept for people to go back to: those that a rollout, a rollback or the spec need are never among them, or are stored again',
  ],
  [
    /^moves\/straight-in\.ts straightIn: without ask|^rules\/(?:create|start)\.ts \w+: without ask\(facts, \{ kind: 'stableSet'/,
    'liveness: the answer is a refusal that the API server gives again to the write itself',
  ],
  [
    /^preconditions\/revision-in-store\.ts revisionInStore: without the guard facts\.resource\.spec\.target === revision/,
    'liveness: a revision that the spec asks for is not stored again, but named as missing',
  ],
  [
    /^rules\/create\.ts createAnew: without storeRevision/,
    'redundant: steady stores the accepted revision as soon as it has been whole',
  ],
  // Annotations.
  [/^rules\/annotations\.ts (?:\w+Standing|asksLater|annotations):/, words],
  [/^rules\/annotations\.ts (?:namesRollout|isRetried): without/, unheard],
  [
    /^rules\/annotations\.ts rejectedOf/,
    'liveness: when a retry counts that is asked for before the rollback has ended',
  ],
  [
    /^rules\/decide\.ts isApproved: without namesRollout/,
    'redundant: annotations has removed an approval that names another revision',
  ],
  // No stable set.
  [
    /^rules\/create\.ts inertCanary: without canaryPods\.length > 0/,
    'only words: the pods of an emptied canary set are waited for either way (takeCanaryAway deletes it when they are gone), called CanaryLeft and not StableMissing meanwhile',
  ],
  // First deployments.
  [
    /^rules\/bootstrap\.ts bootstrap: without (?:record\.accepted === target|stable\.revision === target|stable\.partition === 0)/,
    bothWays,
  ],
  [
    /^rules\/bootstrap\.ts bootstrap: without record\.rollout !== undefined/,
    'redundant: who leaves a rollout for a first deployment closes it in the same write',
  ],
  [
    /^rules\/bootstrap\.ts bootstrap: without setReplicas/,
    'liveness: a number of replicas that is edited in a first deployment counts with the next image only',
  ],
  [
    /^rules\/bootstrap\.ts prove: without/,
    'liveness: a first version that never worked would be protected as if it had, and only `force` brings another one in',
  ],
  [
    /^preconditions\/replicas-lacking\.ts replicasLacking: without (?:!isHopeless|target|\{ force)/,
    'only words: which of two names a wait has, and whether it tells the command that leads out',
  ],
  [
    /^preconditions\/protected-from-strangers\.ts protectedFromStrangers: without claimOrdinal/,
    'liveness: a single canary would need the hand-over policy, too',
  ],
  [
    /^rules\/annotations\.ts acknowledge: without/,
    'redundant with the order of the rules: the annotation is removed first, and once promotion is decided nothing reads the mark any more: one write more',
  ],
  [
    /^rules\/start\.ts wantsRollout: without/,
    'redundant with the order of the rules: bootstrap and steady have spoken for a version that is not proven, accepted or rejected',
  ],
  // Decisions.
  [
    /^rules\/decide\.ts moveOn: without rollout\.ack/,
    'redundant with the order of the rules: annotations has removed an approval that was consumed, and its mark, before the next move',
  ],
  [
    /^rules\/decide\.ts promotion: without replicasLacking/,
    'redundant: keepServing asks the same before the canary is taken away',
  ],
  [
    /^rules\/decide\.ts promotion: without claimDeleting/,
    'redundant: takeCanaryAway asks the same before the canary is emptied',
  ],
  [
    /^rules\/decide\.ts promotion: without recordPromote/,
    'liveness: no canary is ever promoted; a revert leads out',
  ],
  [
    /^rules\/decide\.ts rollbackCause: without namesRollout\(facts, abort\)/,
    'redundant with the order of the rules: annotations has removed an abort that names another revision',
  ],
  [/^rules\/decide\.ts rollbackCause: without the guard abort/, unheard],
  [
    /^rules\/decide\.ts rollbackCause: without the guard target !== rollout\.to/,
    'liveness: a third version waits until the second is promoted or taken back',
  ],
  [
    /^rules\/decide\.ts (?:canaryTrouble: without failed|failed: without|deadline: without|lostClaim)/,
    'liveness: when, and with which words, a canary that cannot run is judged; it is judged at its deadline at the latest, or by a person',
  ],
  [
    /^rules\/decide\.ts nextStep: without the guard stable\.revision !== rollout\.from/,
    'redundant: the template of stable changes only after promotion was decided',
  ],
  // Snapshots.
  [
    /^moves\/take-snapshots\.ts takeSnapshots: without claimDeleting/,
    'liveness: a snapshot more is asked for; of a claim that goes it is never ready, so that the version is rejected at its deadline and does not wait as ClaimMissing. What new code is let onto recordTouched, arm and lower ask for themselves',
  ],
  [
    /^moves\/take-snapshots\.ts troubleOf: without/,
    'only words: what ails a snapshot that is waited for either way',
  ],
  [/^rules\/start\.ts snapshottable: without claimTemplates/, 'the sets of the model have claims'],
  [
    /^moves\/take-snapshots\.ts takeSnapshots: without one\.snapshot\?\.deleting|^moves\/restore\.ts (?:claimsBack: without the guard away\.claim\?\.deleting|restoreClaim: without the guard claim\.deleting)/,
    'harmless: what is being deleted is deleted once more; and of a claim that somebody else deletes in a restore, the volume is kept before it goes',
  ],
  [
    /^moves\/stop-for-snapshot\.ts stopForSnapshot: without claimDeleting/,
    'redundant: lower asks the same, in the same plan',
  ],
  [
    /^rules\/promote\.ts lower: without going(?: \(2\))?$|^moves\/restore\.ts remake: without snapshot$|^rules\/pinned\.ts isNext: without stable\.partition !== undefined/,
    'asked for by the compiler: where the next replica is missing lower waits; what is made again of a snapshot has one that is ready; and no ordinal equals one that is not a number',
  ],
  [
    /^rules\/pinned\.ts isNext: without (?:stable\?\.revision !== rollout\.to|role === |the guard)/,
    'only how soon: the partition is 0 before the one patch, and again as soon as the template is reverted, so that nothing of ours is next then; only replicas of the stable set are pinned',
  ],
  [
    /^rules\/orphan\.ts unpinned: without decided$/,
    'liveness: a deletion waits for a claim that is being deleted before it goes on to whatever would ask the same',
  ],
  // Restores.
  [
    /^moves\/release-replicas\.ts revert: without !pod\.deleting/,
    'harmless: a replica that ends is let go of as well; one write more',
  ],
  [
    /^moves\/restore\.ts claimsBack: without replaceStuckPod/,
    'liveness, and rare: a version is forced under OrderedReady while the replica of a restore that was given up is to leave and one below it fails; a person deletes the pod that is named',
  ],
  [
    /^rules\/force\.ts leave: without takeReleasedAway/,
    'redundant: the rule `released` takes it away after the patch, and its set can make none of its name before',
  ],
  [
    /^moves\/release-replicas\.ts revert: without claimDeleting\(facts\)$/,
    'redundant: a replica that is let go of runs on; whatever takes it away asks for itself',
  ],
  [
    /^moves\/release-replicas\.ts renewReleased: without next\.deleting/,
    'only words: a replica that ends by itself is waited for either way, under another name',
  ],
  [
    /^moves\/restore\.ts restore: without (?:leaving\.length > 0|the guard leaving)/,
    'redundant: restoreClaim takes no claim out of use that a pod mounts; and the set controller of the model does nothing for a set that it has not seen',
  ],
  [
    /^moves\/restore\.ts restore: without (?:act\(changeStable\(stable, 'restoreDisplacement'|the guard open\.length === 0)/,
    "redundant: bringBack gives stable the same size, which only a stranger changes before that; and with nothing to restore the wait is for the set's controller, which settle waits for, too",
  ],
  [
    /^moves\/restore\.ts isUsable: without !snapshot\.deleting/,
    'liveness: a claim is made of a snapshot that goes, or waits until it falls back for its time, which an event tells',
  ],
  [
    /^volumes\/snapshots\.ts isUsable: without !isOutdated/,
    'redundant: takeSnapshots has one that is outdated deleted before it asks, and one that is being deleted is not usable; those of a canary are of no pod',
  ],
  [/^moves\/restore\.ts snapshotTrouble: without/, 'only words: what ails the snapshot'],
  [
    /^rules\/roll-back\.ts isRestoring: without reachOf/,
    'no promise is about that: a rollback that is blocked while replicas further up are still to be restored is left for a third version, which goes straight in on what the new one left, as where a person forces it forward',
  ],
  [
    /^rules\/roll-back\.ts isRestoring: without claim\.volume === undefined/,
    'liveness: a blocked rollback that restores is not left for another version by itself; `force`, which is told, leads out',
  ],
  // Force, and forward.
  [/^rules\/force\.ts force: without (?:record\.accepted|stable\.revision) === target/, bothWays],
  [
    /^rules\/force\.ts force: without the guard rollout === undefined/,
    'liveness: what was forced already is forced again, or its annotation stays a while',
  ],
  [
    /^rules\/forward\.ts forward: without (?:the guard )?(?:rollout\.decision !== undefined|stable\.revision !== rollout\.from)/,
    'redundant with the order of the rules: promote and rollBack stand before it, and have something to say to every rollout that is decided',
  ],
  [
    /^rules\/forward\.ts createCanary: without claimDeleting|^rules\/forward\.ts recordTouched: without claimDeleting/,
    'redundant: it runs no pod and takes none away; arm asks the same before the first one',
  ],
  [
    /^rules\/forward\.ts removeStale: without canary\.revision === rollout\.to/,
    'redundant: the number of the attempt tells as much, since none is used twice',
  ],
  [
    /^rules\/forward\.ts recordTouched: without rollout\.(?:touched >= facts\.canaries|at\.stepped)/,
    'redundant: both are written in one patch; a further step takes its moment away before its canaries become more',
  ],
  [
    /^rules\/forward\.ts (?:\w+: without completeClaims|completeClaims:)/,
    'liveness: a canary pod that was made while the hand-over policy was away can never start, and writes nothing; its deadline takes the rollout back',
  ],
  [
    /^rules\/forward\.ts standing: without/,
    'only words: whether the canary is said to bake or to wait for an approval; the moment of waking is tested by mutants that are caught',
  ],
  // Deletions.
  [
    /^rules\/orphan\.ts makeWhole: without rollout$/,
    'redundant: isPlaced holds of a rollout only; the compiler asks',
  ],
  [
    /^rules\/orphan\.ts makeWhole: without isPlaced/,
    'no change but where a roll back was decided and a stranger has scaled the set below its partition: the record that is handed over calls too much touched, and nobody reads that, since a deletion is never taken back and neither rule of one asks for `touched`',
  ],
  [
    /^rules\/orphan\.ts isPromoted: without revision === rollout\.to/,
    "redundant: until the one patch stable has the template of `from`, partition 0 and, since `start` waited for it (settled), pods of `from` only: placed or not comes to the same patch, and unstick finds no pod. Only strangers' edits are told apart, which are not in the model",
  ],
  [
    /^rules\/(?:orphan\.ts leave: without seen|promote\.ts (?:lower|onePatch): without (?:the guard )?!stable\.observed)|^moves\/take-canary-away\.ts takeCanaryAway: without !canary\.observed|^moves\/take-canary-away\.ts strayStable: without stable\.observed|^rules\/terminating\.ts removeSet: without !set\.observed|^moves\/release-replicas\.ts renewReleased: without stable\.observed|^moves\/restore\.ts restore: without !stable\.observed|^rules\/pinned\.ts pinned: without the guard stable\?\.observed/,
    'the set controller of the model does nothing for a set that it has not seen; the real one may act on an older copy',
  ],
  [
    /^rules\/terminating\.ts removeSet: without (?:pods\.length > 0|the guard pods)/,
    'only the order of a deletion: pods of a deleted set are collected in any order',
  ],
  [
    /\b(?:canary|set|stable)\??\.deleting\b|stable\.deleting/,
    'harmless: a set that is being deleted is emptied or deleted once more, and its pods go either way',
  ],
  [
    /\.ours\b/,
    'redundant with the order of the rules: `ownership` stops before them, where the sets are not ours',
  ],
  // The canary on its way out.
  [
    /^moves\/take-canary-away\.ts strayStable: without claimDeleting/,
    'takes only a stray replica away, that the scheduler guard keeps from running',
  ],
  [
    /^moves\/take-canary-away\.ts strayStable: without (?:stray\.length === 0|awaitEnd)/,
    "a stranger's replica that the scheduler guard holds starts when the canary lets go: old code on new data is forgiven to a stranger whom no policy keeps away",
  ],
  [
    /^rules\/promote\.ts promote: without takeCanaryAway\(facts, doing\) \(2\)/,
    'redundant: steady takes away what a late write has left, before another rollout starts',
  ],
  [
    /^rules\/promote\.ts keepServing: without/,
    'redundant: where the canary is emptied already, the promotion waits for replicas below that fail, and would go on without them',
  ],
  [
    /^rules\/promote\.ts promote: without the guard stable\.revision !== rollout\.to/,
    'redundant: the template of stable is `from` or `to` while its rollout is promoted; `edited` puts any other one back',
  ],
  [
    /^preconditions\/protected-from-strangers\.ts protectedFromStrangers: without the guard canaries === 0/,
    'liveness: a rollout without a canary would need the policies, too',
  ],
  // Roll back.
  [
    /^rules\/roll-back\.ts leaving: without rollout\.touched > facts\.canaries/,
    'liveness: a blocked rollback of which no replica is on the new version any more is not left for a third image by itself; `force`, which is told, leads out',
  ],
  [
    /^rules\/roll-back\.ts (?:blockerOf|missingOrdinal|returned|comingBack): without/,
    'when a rollback is called blocked, and by which pod: until then it waits under another name, and the same act leads out',
  ],
  [
    /^rules\/roll-back\.ts leaving: without facts\.stable\?\.caughtUp/,
    'redundant: `start` waits for currentRevision, too',
  ],
  [
    /^rules\/roll-back\.ts closedRecord: without !isRetried|^rules\/roll-back\.ts mayLeaveFor: without isRetried/,
    'liveness: a version that is to be tried again while it is taken back is tried after the rollback, or when it is asked for once more',
  ],
  [
    /^rules\/roll-back\.ts mayLeaveFor: without !rejects/,
    'liveness: a rollback that rejects nothing is left for the same version only when another one is asked for first',
  ],
  [
    /^rules\/roll-back\.ts settle: without the guard stable\.revision !== rollout\.from/,
    'redundant: bringBack has given stable the template of `from`, or waits',
  ],
  // The order of the rules.
  [
    /^rules\/rules\.ts : without the order of (?:gone|orphan|terminating|twoWriters|paused|ownership|create|settings|service|edited) before/,
    'redundant: the two rules test conditions of their own that exclude each other, or one of them speaks in no world of the model; the position is a second lock',
  ],
  [
    /^rules\/rules\.ts : without the order of (?:start|rollBack|promote) before/,
    'redundant: what the record says of its rollout (none, promote, roll back, undecided) lets only one of the two speak',
  ],
  [
    /^rules\/rules\.ts : without the order of (?:force before bootstrap|pinned before create|released before force|bootstrap before annotations|annotations before steady|decide before rollBack)/,
    'liveness: which of two writes comes first, of which neither takes a pod away that the other would keep',
  ],
  [
    /^rules\/ownership\.ts/,
    'records that cannot be read are not in the model (tables beside the rule, and on the real cluster)',
  ],
  [
    /^rules\/paused\.ts paused: without !resource\.deleting/,
    'redundant with the order of the rules: both rules of a deletion stand before it',
  ],
  [/^preconditions\/claim-deleting\.ts/, 'only words: which pod and which way out are named'],
  // Decisions that come another way.
  [
    /^rules\/decide\.ts takenBackByItself: without spec\.paused/,
    'liveness: a canary that fails is held for people, as one of which the spec says so',
  ],
  [
    /^rules\/decide\.ts rollbackCause: without the guard stable\.revision === rollout\.to/,
    'a healthy promotion would be taken back for a third version, and not finished first: a decided rollback, so no promise is broken',
  ],
  [
    /^rules\/roll-back\.ts leaving: without (?:stableAvailability|!mayLeaveFor)|^rules\/roll-back\.ts mayLeaveFor: without the guard/,
    'liveness: a blocked rollback is closed early; `start` asks for the replicas below again, and the same acts lead out',
  ],
  [
    /^rules\/roll-back\.ts closedRecord: without rejects/,
    'liveness: what was merely taken back counts as rejected, and is tried again when it is asked for with retry',
  ],
  [
    /^rules\/start\.ts (?:start: without acceptable|acceptable: without)/,
    'liveness: what the API server refuses beforehand it refuses again when it is written, or a rollout without a canary asks for more',
  ],
  [
    /^rules\/start\.ts start: without storeRevision/,
    'redundant here: the one patch stores it; the real canary set is rendered from it, so that its creation would have to wait',
  ],
  [
    /^rules\/start\.ts start: without revisionInStore/,
    'liveness: a rollout starts whose way back is gone; its rollback waits as RevisionMissing, and force leads out',
  ],
  [
    /^rules\/start\.ts (?:settled|isStalledAbove): without/,
    'redundant: below the boundary replicasLacking asks, above it displacedGone asks before the canary is armed; a rollout is closed only when isWhole',
  ],
  [
    /^rules\/start\.ts stalledAt: without the guard !facts/,
    'no change but a wake-up more, which finds nothing new: isStalledAbove asks for OrderedReady itself',
  ],
  [
    /^rules\/start\.ts displace: without|^facts\.ts isFromZero: without resource\.spec\.fromZero/,
    'only names: whether the canary pod is called 0',
  ],
  [
    /^rules\/start\.ts start: without facts\.canary !== undefined/,
    'redundant: steady takes a canary set away first',
  ],
  // At rest.
  [
    /^rules\/steady\.ts steady: without record\?\.proven/,
    'redundant with the order of the rules: bootstrap has spoken for what is not proven',
  ],
  [
    /^rules\/steady\.ts putBack: without|^rules\/steady\.ts standStill: without the guard facts\.stable/,
    'redundant with the order of the rules: `edited` puts back what strangers did to the template; or liveness: what is accepted is not stored again',
  ],
  [
    /^rules\/steady\.ts steady: without (?:putBack|replaceStuckPod|keepHistory|clearRejected)|^rules\/steady\.ts clearRejected: without/,
    'liveness: something is not healed, forgotten or tidied up at rest; an image, retry or force leads on',
  ],
  [
    /^rules\/steady\.ts standStill: without (?:facts\.replicas|claimDeleting|record\.rejectedFor|\{ why)/,
    'only words: under which name, and with which explanation, it rests',
  ],
  [
    /^rules\/terminating\.ts terminating: without facts\.resource\.spec\.deletionPolicy/,
    'redundant with the order of the rules: orphan speaks before it for every resource of that policy',
  ],
  [
    /^rules\/terminating\.ts terminating: without unstick/,
    'liveness: a deletion waits for a pod that OrderedReady leaves standing; in the model an emptied set ends its pods',
  ],
  [
    /^steps\.ts (?:plannedSteps|needsApproval): without/,
    'liveness: a person is asked more often; or no change at all, an absent field being written as undefined',
  ],
  [
    /^rules\/(?:decide\.ts untilDeadline|promote\.ts waiting): without/,
    'no change but a wake-up more, which finds nothing new',
  ],
  [
    /^rules\/terminating\.ts unstick: without facts\.stable\.replicas === 0/,
    'a pod goes that the deletion takes away in any case, a little earlier',
  ],
  [
    /^moves\/take-orphans-away\.ts takeOrphansAway: without pod\.orphan/,
    'liveness: a healthy canary pod of a set that the cache does not show yet is made again and again until it does',
  ],
  [
    /^preconditions\/protected-from-strangers\.ts protectedFromStrangers: without the guard resource\.unprotected/,
    'redundant: of a resource that is unprotected the probe itself tells that strangers are let through; the model answers it by the policy alone',
  ],
  [
    /^rules\/create\.ts create: without the guard !resource\.finalizer/,
    'the scenarios begin with a stable set that is there; the first deployment before them is walked through once, and nobody deletes it meanwhile',
  ],
  [
    /^rules\/decide\.ts nextStep: without replicasLacking/,
    'redundant in the model: of three replicas the next step may lack the two that it displaces and those that were lacking before',
  ],
  [
    /^moves\/take-canary-away\.ts (?:takeCanaryAway: without strayStable|strayStable: without)/,
    'about replicas that a stranger has let in past the guard policy: what they open is excused in this model. On the real cluster: serial/scheduler-guard.test.ts, from-zero.test.ts; and a row of the table for each',
  ],
  // Facts.
  [
    /^facts\.ts claimBeingDeleted: without \(/,
    'liveness: more, or fewer, of the claims hold what is under way that no pod of ours keeps; by our hand none of these is lost',
  ],
  [
    /^facts\.ts isAvailable: without pod\.readySince !== undefined/,
    'no change at all: nothing compared with undefined is true',
  ],
  [/^facts\.ts availableMoments/, 'no change but wake-ups that find nothing new'],
  [
    /^facts\.ts (?:isHopeless|hopelessAt): without/,
    'liveness: when, and with which words, a pod is given up; no promise is about that time',
  ],
  [
    /^facts\.ts (?:isServing: without|isArmed: without (?:canaries > 0|canary\.ordinalsStart)|canaryAvailability: without)/,
    'redundant: removeStale and displace have spoken for the set of another attempt or step; and the set controller of the model does nothing for a set that it has not seen',
  ],
  [
    /^facts\.ts (?:displacedGone|isWhole): without stable\.observed|^facts\.ts stuckPod: without (?:!stable\.observed|the guard stable ===)/,
    'the set controller of the model does nothing for a set that it has not seen; the real one may act on an older copy',
  ],
  [
    /^facts\.ts displacedGone: without stable\.replicas|^facts\.ts isWhole: without (?:stable\.(?:revision|replicas)|.*isOutdated)/,
    'redundant: displace has scaled stable before; the replicas that are counted are those of the right version',
  ],
  [
    /^facts\.ts foreignWriter: without/,
    "liveness: more of the strangers' pods hold a rollout than those on its claims",
  ],
  [
    /^facts\.ts claimBeingDeleted: without claim\.ordinal (?:>=|<)/,
    'liveness: the deletion of a claim that no replica counts on holds what is under way',
  ],
  [
    /^facts\.ts (?:stuckPod|isOutdated): without/,
    'a pod is deleted that its set would take away itself, a little earlier: what rolls back waits for nobody, and no pod is taken from a claim that is being deleted',
  ],
  [
    /^preconditions\/claim-deleting\.ts claimDeleting: without (?:pod\?\.stopped|\{ isStopped)|^moves\/restore-first\.ts restoreFirst: without target === rollout\.to/,
    'only words: what is read of it',
  ],
  [
    /^rules\/forward\.ts createCanary: without (?:canaryPods\.length === 0|the guard rollout\.at\.stepped)|^rules\/forward\.ts remake: without stable/,
    'redundant: pods that are left are taken away before the canary is made again, and whoever took its set away without them had no patch of stable under way; the rest is for the compiler',
  ],
  [
    /^moves\/(?:migrate\.ts (?:failed|migrating): without (?:isPastReturn|\(?\{ isPastReturn)|adopt-restore\.ts restoreWords|check-rollback\.ts checkRollback: without \{ restores)|^rules\/(?:bootstrap\.ts (?:deploying|awaited): without (?:\{ awaits|ordinal|the guard source)|roll-back\.ts onward: without)/,
    'only words: which way out a sentence names, and what is waited for',
  ],
  [
    /^moves\/adopt-restore\.ts (?:adoptRestore: without \(stable\.replicas|mayBeAdopted: without decision)/,
    'redundant: the replicas that make room are those of the claims that isCovered has asked about, and whoever asks carries out a rollback',
  ],
  [
    /^moves\/restore-first\.ts restoreFirst: without adoptRestore/,
    'no promise is about that: the version before was to open what is there; who forces another one, or lets go of it, after that has it once more',
  ],
  [
    /^rules\/force\.ts held: without (?:rollout\.to === target|recordMigrated)/,
    'liveness: the new version is held like the one before until the loss is accepted, and the end of its Job is recorded when the rollout goes on; told in tables',
  ],
  [
    /^moves\/release-volumes\.ts releaseVolumes: without facts\.replicas === 0|^moves\/prune-snapshots\.ts pruneSnapshots: without source ===/,
    'liveness: what could go stays for longer',
  ],
  [
    /^moves\/prune-snapshots\.ts keptAttempts: without !deleting/,
    'three attempts, and a person who deletes a snapshot of the newest: too far for what is explored; told in tables',
  ],
  [
    /^moves\/give-up-restore\.ts giveUpRestore: without (?:!isDone|\(claim|claim\?\.|isStorage|pod\?\.|kept)|^moves\/restore\.ts (?:claimsBack: without \(byJob|restoreClaim: without \(claim|goneTrouble)/,
    'claims without a volume whose pods find no node, and claims of which nothing is left, are not in the model; told in tables',
  ],
  [
    /^moves\/prune-snapshots\.ts pruneSnapshots: without (?:attempt|outcome|one\.purpose|isOld|!isRead)/,
    'liveness, or Jobs that have ended: what could go stays, or the other way round; told in tables',
  ],
  [
    /^moves\/take-snapshots\.ts take: without|^moves\/restore\.ts remake: without|^volumes\/snapshots\.ts snapshotDeadline: without refusedSince \+/,
    'no snapshot and no claim is refused in the model; told in tables',
  ],
  [
    /^rules\/(?:promote\.ts onePatch|roll-back\.ts bringBack): without claimsFree/,
    'strangers who come meanwhile are told by the alarm, and count as faults of theirs in the model',
  ],
  [
    /^moves\/give-up-restore\.ts (?:giveUpRestore: without (?:isUnmade\(one\)$|\(one\.claim|one\.claim\?)|giveUpUnmade: without (?:!one\.fallsBack|\(first))|^rules\/force\.ts leave: without (?:rollout$|\(rollout && giveUpUnmade)|^rules\/roll-back\.ts unplaced/,
    'claims without a volume get one in their time, or are given up at their deadline; pods that find no node are not in the model; told in tables',
  ],
  [
    /^moves\/give-up-restore\.ts giveUpRestore: without !one\.isDone/,
    'harmless: a claim that was restored already gets what the new version left, too, as the person asked, and the volume of both is kept',
  ],
  [
    /^moves\/prune-snapshots\.ts keptAttempts: without !unrestored/,
    'liveness: a third attempt after one that was given up is too far for what is explored; told in a table',
  ],
  [
    /removeSnapshots: without !deleting|discardSnapshots: without snapshot\?\.deleting|takeOutOfUse: without the guard claim\.deleting/,
    'harmless: what is being deleted is deleted once more',
  ],
  [
    /removeSnapshots: without the guard facts\.resource/,
    'spec.volumes.snapshot.onDelete is not in the model; told in tables',
  ],
  [
    /^moves\/restore\.ts (?:restoreClaim: without (?:!isUsable\(one\) \(2\)|one\.byJob)|takeOutOfUse: without may)|^rules\/roll-back\.ts (?:settle: without [`']waiting|rolledBack: without)|^rules\/steady\.ts standStill: without|^rules\/create\.ts missing: without/,
    'only words',
  ],
  [
    /losesVolume: without|takeOutOfUse: without (?:!losesVolume|kept !== known|\{ restored|ask\(|keeping|the guard facts\.answers)/,
    'nobody changes the reclaim policy of a volume in the model, no keeping of one is refused, and its volumes are found in the order in which they were made; told in tables',
  ],
  [
    /discardSnapshots: without (?:ordinal <|stablePods|isBack)|displace: without the guard outdated/,
    'redundant: a replica that is back is there by its set and by its pod, and what is taken before it left again is too far for what is explored',
  ],
  [/outlivesJob: without/, 'only words: what a pod is called that is waited for all the same'],
  [
    /^preconditions\/snapshots-in-place\.ts|arm: without snapshotsInPlace/,
    'the model excuses a snapshot that a person has deleted, and none loses its readiness; told in tables',
  ],
  [
    /^rules\/create\.ts (?:awayClaim|isThere): without/,
    'no set of the model is deleted while a claim of it is away; told in tables',
  ],
  [/^rules\/force\.ts force: without remove\(facts\)/, words],
  [
    /^rules\/force\.ts (?:leave: without taken|taken: without)/,
    'no volume that is kept of a claim goes to another one in the model; told in tables',
  ],
  [
    /^rules\/promote\.ts (?:lower: without edge <=|stillOnBefore: without the guard)/,
    'redundant in what is explored: what was not touched is still on the version before, and nothing else is',
  ],
  [
    /^jobs\/irreversible\.ts (?:restoredBy|tryAgain): without|^jobs\/migration\.ts migrationAhead: without/,
    'only words',
  ],
]

export function reasonFor(title: string): string | undefined {
  return survivors.find(([titles]) => titles.test(title))?.[1]
}
