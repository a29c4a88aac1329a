/** What is told to people once, when it happened, as a Kubernetes Event on the resource. Past tense, no counters. */
export interface UserEvent {
  readonly type: 'Normal' | 'Warning'
  /** CamelCase, from a closed list: `RolloutStarted`, `CanaryApproved` and so on. */
  readonly reason: EventReason
  readonly note: string
}

export type EventReason =
  | 'Deployed'
  | 'ServiceMade'
  | 'RolloutStarted'
  | 'SnapshotsSkipped'
  | 'CanaryApproved'
  | 'CanaryBaked'
  | 'StepApproved'
  | 'StepBaked'
  | 'Promoted'
  | 'RollbackStarted'
  | 'RolledBack'
  | 'RollbackLeft'
  | 'ApprovalIgnored'
  | 'AbortIgnored'
  | 'RetryIgnored'
  | 'HandedOver'
  | 'Forced'
  | 'ForceIgnored'
  | 'PutBack'
  | 'RollbackCosts'
  | 'RestoreAdopted'
  | 'RestoreFailed'
  | 'VolumeKept'
  | 'VolumeLost'
  | 'VolumeReleased'
  | 'MigrationStarted'
  | 'Migrated'
  | 'AcceptanceIgnored'
  | 'RollbackChecked'
