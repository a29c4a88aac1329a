/**
 * What is worth reading when a test waited in vain: the namespace's objects in one line each, its last events, and the
 * last lines of its operators.
 */
import type { Rest } from '../../src/kube/client/rest.ts'
import { conditionOf, events, imageOf, isReady } from './objects.ts'
import type { Watched } from './watched.ts'

export interface LogTail {
  readonly title: string
  readonly lines: readonly string[]
}

const lastEvents = 30
const lastLines = 25

export async function reportOf(
  rest: Rest,
  namespace: string,
  seen: Watched,
  logs: readonly LogTail[],
): Promise<string> {
  const told = await tellEvents(rest, namespace)
  return [
    `--- namespace ${namespace}`,
    ...seen.resources().flatMap(tellResource),
    ...seen.sets().map(tellSet),
    ...seen.pods().map(tellPod),
    ...seen.claims().map(tellClaim),
    '--- last events',
    ...told,
    ...logs.flatMap(({ title, lines }) => [
      `--- ${title}, last lines`,
      ...lines.slice(-lastLines).map(shorten),
    ]),
  ].join('\n')
}

type Seen<Kind extends 'resources' | 'sets' | 'pods' | 'claims'> = ReturnType<Watched[Kind]>[number]

function tellResource(resource: Seen<'resources'>): readonly string[] {
  const { metadata, spec, status } = resource
  const stalled = conditionOf(resource, 'Stalled')
  return [
    `${leaving(metadata)}canarystatefulset ${metadata.name}: image ${spec.image ?? 'of the template'}, phase ${status?.phase ?? 'none'}, ` +
      `generation ${metadata.generation} seen ${status?.observedGeneration ?? '-'}, Stalled ${stalled?.status ?? '-'} ${stalled?.reason ?? ''}`,
    `  annotations ${JSON.stringify(metadata.annotations ?? {})}`,
    `  ${status?.message ?? 'no message'}`,
  ]
}

function tellSet({ metadata, spec, status }: Seen<'sets'>): string {
  const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0
  return (
    `${leaving(metadata)}set ${metadata.name}: ${spec.replicas} replicas of ${imageOf(spec.template.spec)}, partition ${partition}, ` +
    `observed ${status?.observedGeneration}/${metadata.generation}, record ${metadata.annotations?.['canary.example.com/rollout'] ?? 'none'}`
  )
}

function tellPod(pod: Seen<'pods'>): string {
  const { metadata, status, spec } = pod
  const ready = isReady(pod) ? ', ready' : ''
  const containers = (status?.containerStatuses ?? []).map(({ restartCount, state }) => {
    const why = state?.waiting?.reason ?? state?.terminated?.reason ?? ''
    return `restarts ${restartCount} ${why}`
  })
  return `${leaving(metadata)}pod ${metadata.name}: ${status?.phase}${ready} ${imageOf(spec)} ${containers.join(', ')}`
}

function tellClaim({ metadata, spec, status }: Seen<'claims'>): string {
  return `${leaving(metadata)}claim ${metadata.name}: ${status?.phase} ${spec.volumeName ?? 'no volume'}`
}

function leaving(metadata: { readonly deletionTimestamp?: string }): string {
  return metadata.deletionTimestamp === undefined ? '' : '(terminating) '
}

async function tellEvents(rest: Rest, namespace: string): Promise<readonly string[]> {
  try {
    const { items } = await rest.list(events, { namespace, timeoutMs: 5_000 })
    const inOrder = items.toSorted(
      (one, other) => Number(one.metadata.resourceVersion) - Number(other.metadata.resourceVersion),
    )
    return inOrder
      .slice(-lastEvents)
      .map(
        ({ type, reason, involvedObject, message }) =>
          `${type} ${reason} ${involvedObject.kind}/${involvedObject.name}: ${message}`,
      )
  } catch (error) {
    return [`the events cannot be read: ${String(error)}`]
  }
}

/** A line of the operator's JSON log without stacks and braces; any other line as it is. */
function shorten(line: string): string {
  try {
    const { time, msg, level: _, err, ...fields } = JSON.parse(line) as Record<string, unknown>
    const error =
      typeof err === 'object' && err !== null && 'message' in err ? ` (${String(err.message)})` : ''
    const words = Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    return `${String(time)} ${String(msg)}${error} ${words.join(' ')}`
  } catch {
    return line
  }
}
