/** What the control loop says and agrees on with a real API server: events with their series, and leader election. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { createEventRecorder } from '../../src/kube/events/event-recorder.ts'
import { events } from '../../src/kube/events/event-manifest.ts'
import { subjectOf } from '../../src/kube/events/event-subject.ts'
import { leases } from '../../src/kube/leader-election/lease.ts'
import { resource } from '../../src/kube/resource.ts'
import { kubectlOutput } from '../../tools/kubectl.ts'
import { repository } from '../harness/cluster.ts'
import { condition } from '../harness/condition.ts'
import { openSpace } from '../harness/space.ts'

const configMaps = resource({
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
})

test('an event that repeats is one event with a series, as kubectl shows it', async () => {
  const { rest, namespace } = await openSpace('events')
  const { object } = await rest.create(configMaps, { metadata: { namespace, name: 'subject' } })
  const recorder = createEventRecorder({
    rest,
    reportingController: 'example.com/test',
    reportingInstance: 'test-1',
  })
  const event = {
    regarding: subjectOf(configMaps, object),
    type: 'Warning',
    reason: 'Tried',
    action: 'Try',
    note: 'It was tried.',
  } as const
  recorder.record(event)
  await recorder.idle()
  for (let i = 0; i < 6; i++) recorder.record(event)
  await recorder.idle()
  recorder.record({ ...event, note: 'It was tried in another way.' })
  await recorder.idle()

  const { items } = await rest.list(events, { namespace })
  const ours = items.filter(({ regarding }) => regarding.uid === object.metadata.uid)
  const told = ours.map(({ note, series }) => ({ note, count: series?.count }))
  expect(told.toSorted((a, b) => a.note.length - b.note.length)).toEqual([
    { note: 'It was tried.', count: 7 },
    { note: 'It was tried in another way.', count: undefined },
  ])
  expect(await kubectlOutput(['events', '-n', namespace, '--for', 'configmap/subject'])).toMatch(
    /\(x7 over .*\)\s+Warning\s+Tried\s+ConfigMap\/subject\s+It was tried\./,
  )
})

interface Holder {
  readonly process: ChildProcess
  /** Resolves with the first line that matches, said already or later. */
  says(pattern: RegExp): Promise<string>
  readonly lines: readonly string[]
}

function startHolder(namespace: string, identity: string, seconds: number): Holder {
  const program = join(repository, 'test', 'harness', 'lease-holder.ts')
  const child = spawn(process.execPath, [program, namespace, identity, String(seconds)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines: string[] = []
  const listeners = new Set<() => void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line)
    for (const listener of listeners) listener()
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  function listen(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
  return {
    process: child,
    lines,
    says: (pattern) =>
      condition(
        () => `${identity} says ${String(pattern)} (it said: ${lines.join(', ')})`,
        () => lines.find((line) => pattern.test(line)),
        [listen],
      ),
  }
}

test('a released Lease is taken over at once, minutes before it could have run out', async () => {
  const { rest, namespace } = await openSpace('release')
  const first = startHolder(namespace, 'first', 300)
  await first.says(/^leads$/)
  const second = startHolder(namespace, 'second', 300)
  first.process.stdin?.write('by-first\n')
  await first.says(/^wrote by-first$/)
  second.process.stdin?.write('by-second\n')
  await second.says(/^NotLeading by-second$/)

  first.process.kill('SIGTERM')
  await first.says(/^ended$/)
  await second.says(/^leads$/)

  const { spec } = await rest.get(leases, { namespace, name: 'lease' })
  expect(spec).toMatchObject({ holderIdentity: 'second', leaseTransitions: 1 })
  const maps = await rest.list(configMaps, { namespace })
  expect(maps.items.map(({ metadata }) => metadata.name)).not.toContain('by-second')
})

test('a leader that was stopped for a while writes nothing after it goes on', async () => {
  const { rest, namespace } = await openSpace('frozen')
  const first = startHolder(namespace, 'first', 3)
  await first.says(/^leads$/)
  const second = startHolder(namespace, 'second', 3)

  first.process.kill('SIGSTOP')
  first.process.stdin?.write('asked-while-stopped\n')
  await second.says(/^leads$/)
  second.process.stdin?.write('by-second\n')
  await second.says(/^wrote by-second$/)
  first.process.kill('SIGCONT')

  await first.says(/^NotLeading asked-while-stopped$/)
  await first.says(/^LeadershipLost$/)
  expect(second.lines).toEqual(['leads', 'wrote by-second'])
  const maps = await rest.list(configMaps, { namespace })
  expect(maps.items.map(({ metadata }) => metadata.name)).not.toContain('asked-while-stopped')
})
