/** What the log says of an action besides its kind: the object, where an action does not always mean the same one. */
import type { Action } from '../core/action.ts'

export function detailsOf(action: Action): object {
  switch (action.kind) {
    case 'removeAnnotation':
      return { annotation: action.name, value: action.value }
    case 'createRevision':
    case 'createStable':
    case 'createCanary':
      return { revision: action.revision }
    case 'renewRevision':
    case 'deleteRevision':
      return { stored: action.stored.name }
    case 'changeStable':
      return { intent: action.intent, replicas: action.change.replicas, partition: action.change.partition }
    case 'armCanary':
      return { replicas: action.replicas, ordinalsStart: action.ordinalsStart }
    case 'emptyCanary':
    case 'emptyStable':
    case 'releaseStable':
    case 'deleteSet':
      return { set: action.set.name }
    case 'releaseService':
      return { service: action.service.name }
    case 'deletePod':
    case 'releasePod':
    case 'pinPod':
    case 'unpinPod':
      return { pod: action.pod.name }
    case 'createSnapshot':
      return { snapshot: action.snapshot, claim: action.claim.name }
    case 'deleteSnapshot':
      return { snapshot: action.snapshot.name }
    case 'keepVolume':
      return { volume: action.volume, claim: action.claim.name }
    case 'freeVolume':
    case 'releaseVolume':
      return { volume: action.volume.name }
    case 'deleteClaim':
      return { claim: action.claim.name }
    case 'createClaim':
      return { claim: action.claim, snapshot: action.snapshot?.name, volume: action.volume }
    case 'createJob':
      return { job: action.job, attempt: action.attempt }
    case 'resumeJob':
    case 'deleteJob':
      return { job: action.job.name }
    case 'addFinalizer':
    case 'removeFinalizer':
    case 'createService':
      return {}
  }
}
