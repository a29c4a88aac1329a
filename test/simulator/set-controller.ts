/**
 * Kubernetes' StatefulSet controller as a pure function: what it would do next to the pods of one set, as its source
 * says it (updateStatefulSet in pkg/controller/statefulset/stateful_set_control.go, 1.36, gates at their defaults).
 * Every move that it could make is listed, the first one being what it does where nothing delays it.
 */

/** The set as its controller knows it; ordinals are absolute, the partition is counted from `start`. */
export interface ControlledSet {
  readonly revision: string
  /** status.currentRevision. */
  readonly current: string
  readonly replicas: number
  readonly start: number
  readonly partition: number
  /** podManagementPolicy is OrderedReady. */
  readonly ordered: boolean
}

export interface ControlledPod {
  readonly ordinal: number
  readonly revision: string
  readonly deleting: boolean
  readonly ready: boolean
  /** Ready for minReadySeconds. */
  readonly available: boolean
}

export type SetMove<Pod> =
  | { readonly kind: 'create'; readonly ordinal: number; readonly revision: string }
  | { readonly kind: 'terminate'; readonly pod: Pod; readonly why: 'scaled away' | 'replaced' }

export function setMoves<Pod extends ControlledPod>(
  set: ControlledSet,
  pods: readonly Pod[],
): readonly SetMove<Pod>[] {
  return set.ordered ? oneByOne(set, pods) : allAtOnce(set, pods)
}

/** OrderedReady: moves past nobody who is not available. */
function oneByOne<Pod extends ControlledPod>(set: ControlledSet, pods: readonly Pod[]): SetMove<Pod>[] {
  const end = set.start + set.replicas
  for (let ordinal = set.start; ordinal < end; ordinal++) {
    const pod = at(pods, ordinal)
    if (pod === undefined) return [creation(set, ordinal)]
    if (!isAvailable(pod)) return []
  }
  const condemned = condemnedOf(set, pods)
  const [top] = condemned
  if (top === undefined) return updateOne(set, pods)
  // Two condemned pods that are not available stall it for ever: only the lowest of them may go.
  const mayGo = isAvailable(top) || top === condemned.findLast((pod) => !isAvailable(pod))
  return top.deleting || !mayGo ? [] : [{ kind: 'terminate', pod: top, why: 'scaled away' }]
}

function allAtOnce<Pod extends ControlledPod>(set: ControlledSet, pods: readonly Pod[]): SetMove<Pod>[] {
  const ordinals = Array.from({ length: set.replicas }, (_, index) => set.start + index)
  const created = ordinals.filter((ordinal) => at(pods, ordinal) === undefined)
  const leaving = condemnedOf(set, pods).filter((pod) => !pod.deleting)
  return [
    ...created.map((ordinal) => creation<Pod>(set, ordinal)),
    ...leaving.map((pod) => ({ kind: 'terminate', pod, why: 'scaled away' }) as const),
    ...updateOne(set, pods),
  ]
}

/** From the top down to the partition, past nobody who is not available on the new revision. */
function updateOne<Pod extends ControlledPod>(set: ControlledSet, pods: readonly Pod[]): SetMove<Pod>[] {
  for (let ordinal = set.start + set.replicas - 1; ordinal >= set.start + set.partition; ordinal--) {
    const pod = at(pods, ordinal)
    if (pod === undefined) return []
    if (pod.revision !== set.revision && !pod.deleting) return [{ kind: 'terminate', pod, why: 'replaced' }]
    if (!isAvailable(pod)) return []
  }
  return []
}

/** Every pod that there is is Ready on the new revision, and there are as many as there should be. */
export function hasCaughtUp(set: ControlledSet, pods: readonly ControlledPod[]): boolean {
  return (
    pods.length === set.replicas &&
    pods.every((pod) => pod.ready && !pod.deleting && pod.revision === set.revision)
  )
}

function creation<Pod>(set: ControlledSet, ordinal: number): SetMove<Pod> {
  const revision = ordinal < set.start + set.partition ? set.current : set.revision
  return { kind: 'create', ordinal, revision }
}

/** Out of the set's range, from the top. */
function condemnedOf<Pod extends ControlledPod>(
  { start, replicas }: ControlledSet,
  pods: readonly Pod[],
): readonly Pod[] {
  return pods
    .filter(({ ordinal }) => ordinal < start || ordinal >= start + replicas)
    .toSorted((one, other) => other.ordinal - one.ordinal)
}

function at<Pod extends ControlledPod>(pods: readonly Pod[], ordinal: number): Pod | undefined {
  return pods.find((pod) => pod.ordinal === ordinal)
}

function isAvailable({ available, deleting }: ControlledPod): boolean {
  return available && !deleting
}
