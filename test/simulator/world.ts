/**
 * A small deterministic cluster: one resource, its two sets, their pods and claims, the StatefulSet controller and
 * the kubelet as single steps, and a clock that moves only when nothing else can. It carries `src/core`'s actions
 * out and shows what `src/core` may observe; semantics follow Kubernetes' StatefulSet controller (OrderedReady and
 * Parallel, partition counted from the first ordinal). What no order of events may ever do is checked at each step.
 */
import { annotations } from '../../src/api/v1alpha1/constants.ts'
import type { Action } from '../../src/core/action.ts'
import { assertNever } from '../../src/core/assert-never.ts'
import type { ClaimView, Observation, PodView, RevisionView, SetView } from '../../src/core/observation.ts'
import type { Answer, QuestionKind } from '../../src/core/question.ts'
import { formatRecord, type Step } from '../../src/core/record.ts'

type Role = 'stable' | 'canary'

/** What people annotate a resource with. */
const annotated = ['promote', 'abort', 'retry', 'force'] as const
type Annotation = (typeof annotated)[number]

type Writable<T> = { -readonly [Key in keyof T]: T[Key] }

/** How an image behaves when it starts; the data versions that it can open are those of `opens`. */
export interface Image {
  readonly behaviour: 'runs' | 'crashes' | 'noImage' | 'neverReady'
  /** Version that it writes into its claim, and the versions that it can open. */
  readonly writes: number
  readonly opens: readonly number[]
}

interface SimulatedSet extends Writable<SetView> {
  generation: number
  observedGeneration: number
  current: string
  claimOrdinal: number | undefined
}

interface SimulatedPod extends Writable<PodView> {
  data: string | undefined
}

interface SimulatedClaim extends ClaimView {
  version: number
  /** Grows with every write, never falls: what a lost volume would lose. */
  writes: number
}

export interface Setting {
  readonly replicas: number
  readonly canaryReplicas: number
  readonly image: string
  readonly ordered?: boolean
  readonly ordinalsStart?: number
  readonly images: Readonly<Record<string, Image>>
  readonly progressDeadlineSeconds?: number
  readonly automaticRollback?: boolean
  readonly promotionType?: 'manual' | 'auto'
  readonly bakeSeconds?: number
  readonly steps?: readonly Step[]
  readonly revisionHistoryLimit?: number
  readonly fromZero?: boolean
  readonly deletionPolicy?: 'Delete' | 'Orphan'
  /** Questions about a canary that are answered with no, for good. */
  readonly refusals?: Readonly<Partial<Record<QuestionKind, string>>>
}

export type Edit =
  | { readonly image: string }
  | { readonly replicas: number }
  | { readonly paused: boolean }
  | { readonly steps: readonly Step[] }
  | { readonly promote: string }
  | { readonly abort: string }
  | { readonly retry: string }
  | { readonly force: string }
  /** The image crashes when it is started again. */
  | { readonly ail: string }
  /** What ailed the image is mended: it runs when it is started again. */
  | { readonly mend: string }
  | { readonly deletionPolicy: 'Delete' | 'Orphan' }
  | { readonly delete: true }
  | { readonly evict: string }
  | { readonly strayStableReplicas: number }

export class World {
  now = 1_000_000
  readonly #setting: Setting
  readonly #images: Record<string, Image>
  #steps: readonly Step[]
  readonly #sets: Partial<Record<Role, SimulatedSet>> = {}
  #pods: SimulatedPod[] = []
  #claims: SimulatedClaim[] = []
  #revisions: RevisionView[] = []
  #answers: Partial<Record<QuestionKind, Answer>> = {}
  #service: 'none' | 'ours' | 'released' = 'none'
  #uids = 0
  #versions = 0
  readonly #resource = {
    generation: 1,
    finalizer: false,
    deleting: false,
    gone: false,
    annotations: {} as Partial<Record<Annotation, string>>,
    replicas: 0,
    image: '',
    paused: false,
    deletionPolicy: 'Delete' as 'Delete' | 'Orphan',
    status: undefined as Observation['resource']['status'],
  }

  constructor(setting: Setting) {
    this.#setting = setting
    this.#images = { ...setting.images }
    this.#steps = setting.steps ?? []
    this.#resource.replicas = setting.replicas
    this.#resource.image = setting.image
    this.#resource.deletionPolicy = setting.deletionPolicy ?? 'Delete'
  }

  get gone(): boolean {
    return this.#resource.gone
  }

  get pods(): readonly PodView[] {
    return this.#pods
  }

  get claims(): readonly SimulatedClaim[] {
    return this.#claims
  }

  /** What `plan` may look at, by value. */
  observe(): Observation {
    const { generation, finalizer, deleting, annotations, replicas, image, paused, status } = this.#resource
    return structuredClone({
      resource: {
        name: 'redis',
        namespace: 'default',
        uid: 'resource',
        generation,
        deleting,
        finalizer,
        ...annotations,
        paused: false,
        unprotected: false,
        status,
        spec: {
          replicas,
          canaryReplicas: this.#setting.canaryReplicas,
          target: `rev-${image}`,
          targetImage: image,
          ordinalsStart: this.#setting.ordinalsStart ?? 0,
          ordered: this.#setting.ordered ?? false,
          minReadySeconds: 5,
          claimTemplates: ['data'],
          promoteAnnotation: 'canary.example.com/promote',
          progressDeadlineSeconds: this.#setting.progressDeadlineSeconds ?? 600,
          paused,
          promotionType: this.#setting.promotionType ?? 'manual',
          bakeSeconds: this.#setting.bakeSeconds ?? 0,
          steps: this.#steps,
          fromZero: this.#setting.fromZero ?? false,
          automaticRollback: this.#setting.automaticRollback ?? true,
          revisionHistoryLimit: this.#setting.revisionHistoryLimit ?? 10,
          deletionPolicy: this.#resource.deletionPolicy,
        },
      },
      stable: this.#sets.stable,
      canary: this.#sets.canary,
      pods: this.#pods,
      claims: this.#claims,
      revisions: this.#revisions,
      serviceExists: this.#service !== 'none',
      ...(this.#service === 'ours' && {
        ownService: { name: 'redis', uid: 'service', resourceVersion: '1' },
      }),
      answers: this.#answers,
    })
  }

  answer(kind: QuestionKind): void {
    const message = this.#sets.stable === undefined ? undefined : this.#setting.refusals?.[kind]
    this.#answers[kind] = message === undefined ? { yes: true, warnings: [] } : { yes: false, message }
  }

  writeStatus(status: Observation['resource']['status']): void {
    this.#resource.status = status
  }

  /** What people and faults do. */
  edit(edit: Edit): void {
    if ('image' in edit) this.#changeSpec(() => (this.#resource.image = edit.image))
    if ('replicas' in edit) this.#changeSpec(() => (this.#resource.replicas = edit.replicas))
    if ('steps' in edit) this.#changeSpec(() => (this.#steps = edit.steps))
    if ('deletionPolicy' in edit)
      this.#changeSpec(() => (this.#resource.deletionPolicy = edit.deletionPolicy))
    if ('paused' in edit) this.#changeSpec(() => (this.#resource.paused = edit.paused))
    for (const name of annotated) {
      if (name in edit) this.#resource.annotations[name] = (edit as Record<Annotation, string>)[name]
    }
    if ('ail' in edit) this.#behave(edit.ail, 'crashes')
    if ('mend' in edit) this.#behave(edit.mend, 'runs')
    if ('delete' in edit) this.#resource.deleting = true
    if ('evict' in edit) this.#terminate(this.#pods.find((pod) => pod.name === edit.evict))
    if ('strayStableReplicas' in edit)
      this.#change('stable', (set) => (set.replicas = edit.strayStableReplicas))
  }

  /** Carries one action out; a precondition that fails throws, since nothing here is ever stale. */
  apply(action: Action): void {
    switch (action.kind) {
      case 'addFinalizer':
        this.#resource.finalizer = true
        return
      case 'removeFinalizer':
        this.#resource.finalizer = false
        this.#resource.gone = true
        return
      case 'removeAnnotation':
        this.#removeAnnotation(action.name)
        return
      case 'createRevision':
        this.#revisions.push({
          name: `redis-${action.revision}`,
          uid: this.#uid(),
          resourceVersion: this.#version(),
          revision: action.revision,
          number: action.number,
          image: action.revision.replace(/^rev-/, ''),
        })
        return
      case 'deleteRevision':
        this.#revisions = this.#revisions.filter(({ uid }) => uid !== action.stored.uid)
        return
      case 'createService':
        this.#service = this.#resource.deletionPolicy === 'Orphan' ? 'released' : 'ours'
        return
      case 'releaseService':
        this.#service = 'released'
        return
      case 'releaseStable':
        this.#test(action.set)
        this.#change('stable', (set) => (set.ours = false))
        return
      case 'createStable':
        this.#create('stable', { ...action, record: formatRecord(action.record), claimOrdinal: undefined })
        return
      case 'createCanary':
        this.#create('canary', { ...action, replicas: 0, record: undefined })
        return
      case 'changeStable':
        this.#test(action.set)
        this.#changeStable(action.change)
        return
      case 'armCanary':
        this.#test(action.set)
        this.#change('canary', (set) => {
          set.replicas = action.replicas
          set.ordinalsStart = action.ordinalsStart
        })
        return
      case 'emptyCanary':
      case 'emptyStable':
        this.#test(action.set)
        this.#change(action.kind === 'emptyCanary' ? 'canary' : 'stable', (set) => (set.replicas = 0))
        return
      case 'deleteSet':
        this.#test(action.set)
        delete this.#sets[this.#sets.stable?.uid === action.set.uid ? 'stable' : 'canary']
        return
      case 'deletePod':
        this.#terminate(this.#pods.find((pod) => pod.uid === action.pod.uid))
        return
      default:
        assertNever(action)
    }
  }

  /** One move of the cluster, if it has one, told in words. Sets before kubelets, stable before canary. */
  step(): string | undefined {
    const told = this.#syncSet('stable') ?? this.#syncSet('canary') ?? this.#runKubelet()
    this.#checkInvariants()
    return told
  }

  #changeSpec(change: () => void): void {
    change()
    this.#resource.generation++
    this.#answers = {}
  }

  #behave(name: string, behaviour: Image['behaviour']): void {
    const image = this.#images[name]
    if (image === undefined) throw new Error(`no image ${name}`)
    this.#images[name] = { ...image, behaviour }
  }

  #removeAnnotation(name: string): void {
    const removed = annotated.find((one) => annotations[one] === name)
    if (removed === undefined || this.#resource.annotations[removed] === undefined)
      throw new Error(`no annotation ${name}`)
    delete this.#resource.annotations[removed]
  }

  #test(ref: { uid: string; resourceVersion: string }): void {
    const set = Object.values(this.#sets).find((candidate) => candidate.uid === ref.uid)
    if (set?.resourceVersion !== ref.resourceVersion) throw new Error(`precondition failed on ${ref.uid}`)
  }

  #create(
    role: Role,
    made: {
      revision: string
      replicas: number
      record: string | undefined
      claimOrdinal: number | undefined
      attempt?: number
    },
  ): void {
    if (this.#sets[role] !== undefined) throw new Error(`set ${role} exists`)
    this.#sets[role] = {
      name: `redis-${role}`,
      uid: this.#uid(),
      resourceVersion: this.#version(),
      ours: true,
      deleting: false,
      observed: false,
      revision: made.revision,
      replicas: made.replicas,
      ordinalsStart: role === 'stable' ? (this.#setting.ordinalsStart ?? 0) : 0,
      partition: 0,
      minReadySeconds: 5,
      retains: true,
      caughtUp: false,
      current: made.revision,
      generation: 1,
      observedGeneration: 0,
      claimOrdinal: made.claimOrdinal,
      ...(made.record === undefined ? {} : { record: made.record }),
      ...(made.attempt === undefined ? {} : { attempt: made.attempt }),
    }
  }

  #changeStable(change: Extract<Action, { kind: 'changeStable' }>['change']): void {
    const old = this.#sets.stable?.partition ?? 0
    this.#change('stable', (set) => {
      if (change.record !== undefined) set.record = formatRecord(change.record)
      set.revision = change.revision ?? set.revision
      set.replicas = change.replicas ?? set.replicas
      set.partition = change.partition ?? set.partition
    })
    this.#answers = {}
    const raised = (change.partition ?? 0) > old && change.revision === undefined
    if (raised) throw new Error('the partition was raised')
  }

  #change(role: Role, change: (set: SimulatedSet) => void): void {
    const set = this.#sets[role]
    if (set === undefined) throw new Error(`set ${role} is missing`)
    const before = JSON.stringify([set.replicas, set.ordinalsStart, set.partition, set.revision])
    change(set)
    set.resourceVersion = this.#version()
    if (JSON.stringify([set.replicas, set.ordinalsStart, set.partition, set.revision]) !== before)
      set.generation++
    set.observed = set.generation === set.observedGeneration
  }

  /** The StatefulSet controller: observe, create or remove, then update; OrderedReady moves past nobody unready. */
  #syncSet(role: Role): string | undefined {
    const set = this.#sets[role]
    if (set === undefined) return undefined
    if (!set.observed) {
      set.observedGeneration = set.generation
      set.observed = true
      set.hash = `${set.name}-${set.revision}`
      this.#catchUp(set)
      set.resourceVersion = this.#version()
      return `${set.name} observed`
    }
    return this.#scaleAndUpdate(role, set) ?? this.#catchUp(set)
  }

  #catchUp(set: SimulatedSet): string | undefined {
    const before = set.caughtUp
    const pods = this.#pods.filter((pod) => pod.role === roleOf(set))
    const updated = pods.filter((pod) => pod.revision === set.revision && this.#isAvailable(pod)).length
    if (updated === set.replicas && pods.length === set.replicas) set.current = set.revision
    set.caughtUp = set.current === set.revision
    return set.caughtUp === before ? undefined : `${set.name} ${set.caughtUp ? 'caught up' : 'fell behind'}`
  }

  #scaleAndUpdate(role: Role, set: SimulatedSet): string | undefined {
    const ordered = role === 'stable' && this.#setting.ordered === true
    const end = set.ordinalsStart + set.replicas
    for (let ordinal = set.ordinalsStart; ordinal < end; ordinal++) {
      const pod = this.#pods.find((candidate) => candidate.role === role && candidate.ordinal === ordinal)
      if (pod === undefined) return this.#createPod(role, set, ordinal)
      if (ordered && !this.#isAvailable(pod)) return undefined
    }
    const top = this.#pods.filter((pod) => pod.role === role).sort((a, b) => b.ordinal - a.ordinal)
    for (const pod of top) {
      if (pod.ordinal < end && pod.ordinal >= set.ordinalsStart) continue
      if (!pod.deleting) return this.#terminate(pod)
      if (ordered) return undefined
    }
    return this.#updateOne(role, set, top)
  }

  #updateOne(role: Role, set: SimulatedSet, top: readonly SimulatedPod[]): string | undefined {
    for (const pod of top) {
      if (pod.role !== role || pod.ordinal < set.ordinalsStart + set.partition) return undefined
      if (pod.revision !== set.revision) return pod.deleting ? undefined : this.#terminate(pod)
      if (!this.#isAvailable(pod)) return undefined
    }
    return undefined
  }

  #createPod(role: Role, set: SimulatedSet, ordinal: number): string {
    const claim = `data-redis-stable-${set.claimOrdinal ?? ordinal}`
    if (role === 'stable' && !this.#claims.some((held) => held.name === claim))
      this.#claims.push({ name: claim, uid: this.#uid(), ordinal, deleting: false, version: 0, writes: 0 })
    const revision =
      role === 'stable' && ordinal < set.ordinalsStart + set.partition ? set.current : set.revision
    const name = `${set.name}-${ordinal}`
    this.#pods.push({
      name,
      uid: this.#uid(),
      role,
      ordinal,
      revision,
      deleting: false,
      phase: 'Pending',
      unreadySince: this.now,
      claims: [claim],
      data: undefined,
    })
    return `${name} created on ${revision}`
  }

  #terminate(pod: SimulatedPod | undefined): string {
    if (pod === undefined) throw new Error('no such pod')
    pod.deleting = true
    return `${pod.name} terminating`
  }

  #runKubelet(): string | undefined {
    for (const pod of this.#pods) {
      if (pod.deleting) {
        this.#pods = this.#pods.filter((other) => other !== pod)
        return `${pod.name} gone`
      }
      if (pod.phase === 'Pending' && pod.failure === undefined) {
        const told = this.#startPod(pod)
        if (told !== undefined) return told
      }
    }
    return undefined
  }

  /** The scheduler guard keeps a pod of the other role with the same ordinal away. */
  #startPod(pod: SimulatedPod): string | undefined {
    if (
      this.#pods.some(
        (other) => other.role !== pod.role && other.claims[0] === pod.claims[0] && other.phase === 'Running',
      )
    )
      return undefined
    const image = this.#images[pod.revision.replace(/^rev-/, '')]
    const claim = this.#claims.find((held) => pod.claims.includes(held.name))
    if (image === undefined || claim === undefined) throw new Error(`${pod.name} has no image or no claim`)
    if (image.behaviour === 'noImage') return fail(pod, 'ErrImagePull')
    if (claim.version !== 0 && !image.opens.includes(claim.version)) return fail(pod, 'CrashLoopBackOff')
    claim.version = image.writes
    claim.writes++
    if (image.behaviour === 'crashes') return fail(pod, 'CrashLoopBackOff')
    pod.phase = 'Running'
    pod.data = `${claim.name} v${claim.version}`
    if (image.behaviour === 'runs') {
      pod.readySince = this.now
      delete pod.unreadySince
    }
    return `${pod.name} ${image.behaviour === 'runs' ? 'ready' : 'running'} on ${pod.data}`
  }

  #isAvailable(pod: SimulatedPod): boolean {
    return !pod.deleting && pod.readySince !== undefined && pod.readySince + 5000 <= this.now
  }

  #checkInvariants(): void {
    for (const claim of this.#claims) {
      const writers = this.#pods.filter((pod) => pod.phase === 'Running' && pod.claims.includes(claim.name))
      if (writers.length > 1) throw new Error(`two writers on ${claim.name}`)
    }
  }

  #uid(): string {
    return `uid-${++this.#uids}`
  }

  #version(): string {
    return String(++this.#versions)
  }
}

function roleOf(set: SetView): Role {
  return set.name.endsWith('-stable') ? 'stable' : 'canary'
}

function fail(pod: SimulatedPod, reason: string): string {
  pod.failure = { reason, message: reason }
  return `${pod.name} failed: ${reason}`
}
