/**
 * What kwok plays on fake nodes: how a pod starts, stops, fails and ends, chosen by words in its image's tag, so that one
 * version of a program can be slow and the next one broken. Every delay is fixed. The grammar of tags is in README.md.
 *
 * A stage is matched against each state of a pod and carried out after its delay; a change of the pod meanwhile begins
 * the delay anew. Exactly one stage matches any state, because kwok would choose among several by lot.
 */

/** kwok plays the nodes that have this label. */
export const FAKE_NODE_LABEL = 'cluster.local/fake-node=true'

/** The pod's life where its tag does not say otherwise; durations as Go reads them. */
const START = '1s'
const STOP = '500ms'
const RUN = '1s'
/** How long a crashed container waits until it is started again. */
const BACK_OFF_MS = 2000
const PULL_BACK_OFF_MS = 1000
const HEARTBEAT_MS = 5000

/** Patches sent at a time; kwok's own four would make thousands of pods queue. */
const WORKERS = 32

/** What follows the first hyphen of each container's tag, word by word: `slow`, `crash` of `fake/app:2-slow-crash`. */
const WORDS = '.spec.containers[].image | split(":") | select(length > 1) | last | split("-")[1:][]'

/** One requirement on a pod, in kwok's terms. */
interface Requirement {
  readonly key: string
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'
  readonly values?: readonly string[]
}

const has = (key: string, ...values: readonly string[]): Requirement => ({ key, operator: 'In', values })
const hasNot = (key: string, ...values: readonly string[]): Requirement => ({
  key,
  operator: 'NotIn',
  values,
})
const exists = (key: string): Requirement => ({ key, operator: 'Exists' })
const isMissing = (key: string): Requirement => ({ key, operator: 'DoesNotExist' })

const DELETED = '.metadata.deletionTimestamp'
const PHASE = '.status.phase'
const POLICY = '.spec.restartPolicy'
const CONTAINERS = '.status.containerStatuses'
const RUNNING = `${CONTAINERS}[]?.state.running`
const WAITING_FOR = `${CONTAINERS}[]?.state.waiting.reason`

/** kwok's --config file: its own options and the stages, as documents of JSON, which is YAML. */
export function fakePods(): string {
  const options = {
    apiVersion: 'config.kwok.x-k8s.io/v1alpha1',
    kind: 'KwokConfiguration',
    // Without this object there are defaults; with it what is left out is zero, which kwok refuses.
    options: {
      podPlayStageParallelism: WORKERS,
      nodePlayStageParallelism: WORKERS,
      podsOnNodeSyncParallelism: WORKERS,
    },
  }
  return [options, ...nodeStages(), ...podStages()]
    .map((document) => `${JSON.stringify(document, undefined, 2)}\n`)
    .join('---\n')
}

function nodeStages() {
  const ready = '.status.conditions[]? | select(.type == "Ready") | .status'
  return [
    stage('Node', 'node-start', { when: [hasNot(ready, 'True')], delay: after(0), status: NODE_STARTED }),
    stage('Node', 'node-heartbeat', {
      when: [has(ready, 'True')],
      delay: after(HEARTBEAT_MS),
      status: NODE_CONDITIONS,
    }),
  ]
}

function podStages() {
  const fresh = [isMissing(DELETED), has(PHASE, 'Pending'), isMissing(`${CONTAINERS}[]?`)]
  const running = [isMissing(DELETED), has(PHASE, 'Running'), exists(RUNNING)]
  return [
    stage('Pod', 'pod-stop', {
      when: [exists(DELETED)],
      delay: fromTag('stop', STOP),
      step: { delete: true },
    }),
    stage('Pod', 'pod-start', {
      when: [...fresh, hasNot(WORDS, 'unready', 'crash', 'nopull')],
      delay: fromTag('start', START),
      status: podStarted(true),
    }),
    stage('Pod', 'pod-start-unready', {
      when: [...fresh, has(WORDS, 'unready', 'crash'), hasNot(WORDS, 'nopull')],
      delay: fromTag('start', START),
      status: podStarted(false),
    }),
    stage('Pod', 'pod-pull', {
      when: [...fresh, has(WORDS, 'nopull')],
      delay: fromTag('start', START),
      status: podWaiting('Pending', 'ErrImagePull'),
    }),
    stage('Pod', 'pod-pull-back-off', {
      when: [isMissing(DELETED), has(PHASE, 'Pending'), has(WAITING_FOR, 'ErrImagePull')],
      delay: after(PULL_BACK_OFF_MS),
      status: podWaiting('Pending', 'ImagePullBackOff'),
    }),
    stage('Pod', 'pod-crash', {
      when: [...running, has(WORDS, 'crash'), hasNot(POLICY, 'Never')],
      delay: fromTag('run', RUN),
      status: podWaiting('Running', 'CrashLoopBackOff'),
    }),
    stage('Pod', 'pod-restart', {
      when: [isMissing(DELETED), has(PHASE, 'Running'), has(WAITING_FOR, 'CrashLoopBackOff')],
      delay: after(BACK_OFF_MS),
      status: POD_RESTARTED,
    }),
    stage('Pod', 'pod-fail', {
      when: [...running, has(WORDS, 'crash'), has(POLICY, 'Never')],
      delay: fromTag('run', RUN),
      status: podEnded('Failed', 1, 'Error'),
    }),
    stage('Pod', 'pod-complete', {
      when: [...running, hasNot(WORDS, 'crash', 'unready'), has(POLICY, 'Never', 'OnFailure')],
      delay: fromTag('run', RUN),
      status: podEnded('Succeeded', 0, 'Completed'),
    }),
  ]
}

interface StageParts {
  readonly when: readonly Requirement[]
  readonly delay: object
  /** Template of the status to merge in. */
  readonly status?: string
  readonly step?: object
}

function stage(kind: 'Node' | 'Pod', name: string, { when, delay, status = '', step }: StageParts) {
  // With the uid a late stage of a pod that is gone cannot touch its successor of the same name.
  const template = `metadata: {uid: {{ .metadata.uid | Quote }}}\nstatus:\n${status.replaceAll(/^/gm, '  ')}`
  return {
    apiVersion: 'kwok.x-k8s.io/v1alpha1',
    kind: 'Stage',
    metadata: { name },
    spec: {
      resourceRef: { apiGroup: 'v1', kind },
      selector: { matchExpressions: when.map((jq) => ({ jq })) },
      delay,
      steps: [step ?? { patch: { subresource: 'status', template } }],
    },
  }
}

function after(durationMilliseconds: number) {
  return { durationMilliseconds }
}

/** The time behind this word in a tag (`start30s`), or the usual one; `slow` is short for `start10s`. */
function fromTag(word: string, usual: string) {
  const words = `[${WORDS} | if . == "slow" then "start10s" else . end]`
  const times = `map(select(test("^${word}[0-9]+(ms|s|m)$")) | ltrimstr("${word}"))`
  return { durationFrom: { jq: { expression: `${words} | ${times} | first // "${usual}"` } } }
}

const NODE_CONDITIONS = `
{{ $now := Now }}
conditions:
{{ range NodeConditions }}
- type: {{ .type }}
  status: {{ .status | Quote }}
  reason: {{ .reason }}
  message: {{ .message | Quote }}
  lastHeartbeatTime: {{ $now | Quote }}
{{ end }}`

const NODE_STARTED = `${NODE_CONDITIONS}
addresses:
- {type: InternalIP, address: {{ NodeIP | Quote }}}
- {type: Hostname, address: {{ .metadata.name | Quote }}}
capacity: {cpu: 100k, memory: 100Ti, pods: 100k}
allocatable: {cpu: 100k, memory: 100Ti, pods: 100k}
nodeInfo:
  architecture: amd64
  operatingSystem: linux
  bootID: ""
  containerRuntimeVersion: kwok
  kernelVersion: kwok
  kubeProxyVersion: kwok
  kubeletVersion: kwok
  machineID: ""
  osImage: ""
  systemUUID: ""`

const POD_GENERATION = `
{{ with .metadata.generation }}
observedGeneration: {{ . }}
{{ end }}`

/** Addresses, and everything else that a kubelet tells of a pod whose containers have started. */
function podStarted(ready: boolean): string {
  return `
{{ $now := Now }}
${POD_GENERATION}
phase: Running
startTime: {{ $now | Quote }}
${podConditions(ready)}
{{ with NodeIPsWith .spec.nodeName }}
hostIP: {{ index . 0 }}
hostIPs: [{ip: {{ index . 0 }}}]
{{ end }}
{{ with PodIPsWith .spec.nodeName (or .spec.hostNetwork false) .metadata.uid .metadata.name .metadata.namespace }}
podIP: {{ index . 0 }}
podIPs: [{ip: {{ index . 0 }}}]
{{ end }}
initContainerStatuses:
{{ range .spec.initContainers }}
- name: {{ .name }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: true
  restartCount: 0
  {{ if eq (or .restartPolicy "") "Always" }}
  started: true
  state: {running: {startedAt: {{ $now | Quote }}}}
  {{ else }}
  state: {terminated: {exitCode: 0, reason: Completed, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}
  {{ end }}
{{ end }}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: ${ready}
  started: ${ready}
  restartCount: 0
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}`
}

/**
 * The containers wait: for an image that never comes, or, in a pod that runs and was never Ready, after a crash, which
 * the last state then tells of.
 */
function podWaiting(phase: 'Pending' | 'Running', reason: string): string {
  const crashed = `
  lastState: {terminated: {exitCode: 1, reason: Error, finishedAt: {{ $now | Quote }}}}`
  return `
{{ $now := Now }}
{{ $before := .status.containerStatuses }}
${POD_GENERATION}
phase: ${phase}
${phase === 'Pending' ? podConditions(false) : ''}
containerStatuses:
{{ range $index, $container := .spec.containers }}
- name: {{ $container.name }}
  image: {{ $container.image | Quote }}
  imageID: ""
  ready: false
  started: false
  restartCount: {{ if $before }}{{ (index $before $index).restartCount }}{{ else }}0{{ end }}
  state: {waiting: {reason: ${reason}, message: a tag with this fate was asked for}}${phase === 'Running' ? crashed : ''}
{{ end }}`
}

const POD_RESTARTED = `
{{ $now := Now }}
{{ $before := .status.containerStatuses }}
containerStatuses:
{{ range $index, $container := .spec.containers }}
- name: {{ $container.name }}
  image: {{ $container.image | Quote }}
  imageID: ""
  ready: false
  started: false
  restartCount: {{ add 1 (index $before $index).restartCount }}
  lastState: {terminated: {exitCode: 1, reason: Error, finishedAt: {{ $now | Quote }}}}
  state: {running: {startedAt: {{ $now | Quote }}}}
{{ end }}`

function podEnded(phase: 'Succeeded' | 'Failed', exitCode: number, reason: string): string {
  return `
{{ $now := Now }}
phase: ${phase}
${podConditions(false)}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: false
  started: false
  restartCount: 0
  state: {terminated: {exitCode: ${exitCode}, reason: ${reason}, startedAt: {{ $now | Quote }}, finishedAt: {{ $now | Quote }}}}
{{ end }}`
}

/** Conditions are merged by type, so that of the scheduler stays. */
function podConditions(ready: boolean): string {
  const status = ready ? '"True"' : '"False", reason: ContainersNotReady'
  return `conditions:
- {type: PodReadyToStartContainers, status: "True", lastTransitionTime: {{ $now | Quote }}}
- {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}}
- {type: Ready, status: ${status}, lastTransitionTime: {{ $now | Quote }}}
- {type: ContainersReady, status: ${status}, lastTransitionTime: {{ $now | Quote }}}`
}
