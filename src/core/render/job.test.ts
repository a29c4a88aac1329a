import { describe, expect, it } from 'vitest'
import type { JobOrder } from '../jobs/job-order.ts'
import { isJobName, jobName, replicaJobName } from '../jobs/job-order.ts'
import { renderJob, renderJobPod } from './job.ts'
import { walkThrough } from './testing/walk-through.ts'

const resource = walkThrough()
const claim = (ordinal: number) => ({ name: `data-redis-stable-${ordinal}`, template: 'data', ordinal })
const order: JobOrder = {
  purpose: 'migrate',
  job: 'redis-migrate-u-3',
  attempt: 3,
  from: 'old',
  to: 'new',
  fromImage: 'redis:6',
  toImage: 'redis:7',
  claims: [claim(2)],
  mounts: false,
}
const container = { name: 'migrate', image: 'psql', env: [{ name: 'MINE', value: '$(CANARY_TO_IMAGE)' }] }
const template = { spec: { template: { spec: { containers: [container] } } } }
const rendered = (changes: object = {}, given: object = template, deadlineSeconds = 600) =>
  renderJob(resource, {
    order: { ...order, ...changes },
    template: given as typeof template,
    deadlineSeconds,
  })
const podOf = (...given: Parameters<typeof rendered>) => rendered(...given).spec.template.spec

describe('a Job', () => {
  it('is suspended, ours by owner and label, and says what it was made for', () => {
    const { name, uid, generation } = resource.metadata
    expect(rendered()).toMatchObject({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: {
        name: 'redis-migrate-u-3',
        labels: {
          'canary.example.com/name': name,
          'canary.example.com/uid': uid,
          'canary.example.com/revision': 'new',
        },
        annotations: {
          'canary.example.com/attempt': '3',
          'canary.example.com/generation': `${generation}`,
        },
        ownerReferences: [{ uid, controller: true }],
      },
      spec: { suspend: true, activeDeadlineSeconds: 600 },
    })
    expect(rendered().metadata.ownerReferences?.[0]).not.toHaveProperty('blockOwnerDeletion')
  })

  it('is not cleaned away before its end was read, nor resumed by its template', () => {
    const { spec } = rendered({}, { spec: { ...template.spec, suspend: false, ttlSecondsAfterFinished: 0 } })
    expect(spec).not.toHaveProperty('ttlSecondsAfterFinished')
    expect(spec).toMatchObject({ suspend: true })
  })

  it.each([
    [60, 60],
    [900, 600],
  ])('whose template allows %i s has %i of 600', (activeDeadlineSeconds, expected) => {
    expect(rendered({}, { spec: { ...template.spec, activeDeadlineSeconds } }).spec).toMatchObject({
      activeDeadlineSeconds: expected,
    })
  })

  it("keeps the user's labels, but for ours", () => {
    const labels = { team: 'db', 'canary.example.com/uid': 'theirs' }
    expect(rendered({}, { ...template, metadata: { labels } }).metadata.labels).toMatchObject({
      team: 'db',
      'canary.example.com/uid': resource.metadata.uid,
    })
  })

  it('has pods with our name and no role, so that no set takes them over', () => {
    const { metadata } = rendered().spec.template
    expect(metadata['labels']).toEqual({ 'canary.example.com/name': resource.metadata.name })
  })

  it('tells every container what it is for, before what the user says', () => {
    const init = { ...template.spec.template.spec, initContainers: [{ name: 'first' }] }
    const spec = podOf({ claims: [claim(1), claim(2)] }, { spec: { template: { spec: init } } })
    const env = [
      { name: 'CANARY_RESOURCE', value: 'redis' },
      { name: 'CANARY_NAMESPACE', value: resource.metadata.namespace },
      { name: 'CANARY_STABLE_SET', value: 'redis-stable' },
      { name: 'CANARY_FROM_REVISION', value: 'old' },
      { name: 'CANARY_TO_REVISION', value: 'new' },
      { name: 'CANARY_FROM_IMAGE', value: 'redis:6' },
      { name: 'CANARY_TO_IMAGE', value: 'redis:7' },
      { name: 'CANARY_CLAIMS', value: 'data-redis-stable-1,data-redis-stable-2' },
      { name: 'CANARY_ATTEMPT', value: '3' },
    ]
    expect(spec['initContainers']).toMatchObject([{ name: 'first', env }])
    expect(spec['containers']).toMatchObject([{ name: 'migrate', env: [...env, ...container.env] }])
  })

  it('leaves its last words, unless the user says otherwise', () => {
    expect(podOf()['containers']).toMatchObject([{ terminationMessagePolicy: 'FallbackToLogsOnError' }])
    const file = { ...container, terminationMessagePolicy: 'File' }
    const given = { spec: { template: { spec: { containers: [file] } } } }
    expect(podOf({}, given)['containers']).toMatchObject([{ terminationMessagePolicy: 'File' }])
  })

  it('runs once by default', () => {
    expect(podOf()['restartPolicy']).toBe('Never')
    const given = {
      spec: { template: { spec: { ...template.spec.template.spec, restartPolicy: 'OnFailure' } } },
    }
    expect(podOf({}, given)['restartPolicy']).toBe('OnFailure')
  })

  it('has no volume where it mounts no claims', () => {
    expect(podOf()).not.toHaveProperty('volumes')
    expect(podOf()).not.toHaveProperty('affinity')
  })

  it('has the claim of one replica under the name of its template, instead of a volume of that name', () => {
    const volumes = [
      { name: 'data', emptyDir: {} },
      { name: 'scratch', emptyDir: {} },
    ]
    const given = { spec: { template: { spec: { ...template.spec.template.spec, volumes } } } }
    expect(podOf({ mounts: true }, given)['volumes']).toEqual([
      { name: 'scratch', emptyDir: {} },
      { name: 'data', persistentVolumeClaim: { claimName: 'data-redis-stable-2' } },
    ])
  })

  it('is the only one that has them: one at a time, and the next when the one before has ended', () => {
    const own = { parallelism: 3, podReplacementPolicy: 'TerminatingOrFailed' }
    const many = { spec: { ...template.spec, ...own } }
    expect(rendered({ mounts: true }, many).spec).toMatchObject({
      parallelism: 1,
      podReplacementPolicy: 'Failed',
    })
    expect(rendered({ mounts: false }, many).spec).toMatchObject(own)
  })

  it('has those of several with their ordinals', () => {
    expect(podOf({ mounts: true, claims: [claim(1), claim(2)] })['volumes']).toEqual([
      { name: 'data-1', persistentVolumeClaim: { claimName: 'data-redis-stable-1' } },
      { name: 'data-2', persistentVolumeClaim: { claimName: 'data-redis-stable-2' } },
    ])
  })

  it('is kept by the scheduler from every pod that has them', () => {
    const labels = { 'canary.example.com/name': 'redis' }
    expect(podOf({ mounts: true, claims: [claim(1), claim(2)] })['affinity']).toEqual({
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [
          {
            labelSelector: {
              matchLabels: { ...labels, 'canary.example.com/role': 'stable' },
              matchExpressions: [{ key: 'apps.kubernetes.io/pod-index', operator: 'In', values: ['1', '2'] }],
            },
            topologyKey: 'kubernetes.io/os',
          },
          {
            labelSelector: { matchLabels: { ...labels, 'canary.example.com/role': 'canary' } },
            topologyKey: 'kubernetes.io/os',
          },
        ],
      },
    })
  })

  describe('for one replica', () => {
    const replica = { ordinal: 2, claimUids: { 'data-redis-stable-2': 'claim' }, pod: 'stopped' }
    const backup = { purpose: 'backup', mounts: true, replica } as const
    const restore = { purpose: 'restore', mounts: true, replica: { ...replica, backup: 'uid' } } as const
    const claimName = 'data-redis-stable-2'

    it('says which claims it is for, and is suspended', () => {
      const { metadata, spec } = rendered(backup)
      expect(metadata.labels).toMatchObject({ 'canary.example.com/purpose': 'backup' })
      expect(metadata.annotations).toMatchObject({
        'canary.example.com/claims': '{"data-redis-stable-2":"claim"}',
        'canary.example.com/pod-uid': 'stopped',
      })
      expect(spec).toMatchObject({ suspend: true })
    })

    it('backs up under the uid of its own, from claims that it can only read', () => {
      const [told] = podOf(backup)['containers'] as readonly { readonly env: readonly object[] }[]
      const fieldPath = "metadata.labels['batch.kubernetes.io/controller-uid']"
      expect(told?.env).toContainEqual({ name: 'CANARY_ORDINAL', value: '2' })
      expect(told?.env).toContainEqual({ name: 'CANARY_BACKUP', valueFrom: { fieldRef: { fieldPath } } })
      expect(podOf(backup)['volumes']).toEqual([
        { name: 'data', persistentVolumeClaim: { claimName, readOnly: true } },
      ])
    })

    it('restores what was stored under the uid of that one, to claims that it can write to', () => {
      const [told] = podOf(restore)['containers'] as readonly { readonly env: readonly object[] }[]
      expect(told?.env).toContainEqual({ name: 'CANARY_BACKUP', value: 'uid' })
      expect(podOf(restore)['volumes']).toEqual([{ name: 'data', persistentVolumeClaim: { claimName } }])
    })

    const guardsOf = (pod: ReturnType<typeof podOf>) => JSON.stringify(pod['affinity'])
    const ofCanary = '"canary.example.com/role":"canary"},"matchExpressions"'

    it('backs up beside canaries of other ordinals, and restores beside none', () => {
      expect(guardsOf(podOf(backup))).toContain(ofCanary)
      expect(guardsOf(podOf(restore))).not.toContain(ofCanary)
    })

    it('backs up beside none where a canary does not have the ordinal that it displaces', () => {
      const { spec } = resource
      const fromZero = {
        ...resource,
        spec: { ...spec, strategy: { ...spec.strategy, ordinals: 'FromZero' as const } },
      }
      const content = { order: { ...order, ...backup }, template, deadlineSeconds: 600 }
      expect(guardsOf(renderJob(fromZero, content).spec.template.spec)).not.toContain(ofCanary)
    })

    it('belongs to nobody where the resource goes: a foreground deletion would take it along', () => {
      const deletionTimestamp = '2026-01-01T00:00:00Z'
      const going = { ...resource, metadata: { ...resource.metadata, deletionTimestamp } }
      const content = { order: { ...order, ...restore }, template, deadlineSeconds: 600 }
      expect(renderJob(going, content).metadata).not.toHaveProperty('ownerReferences')
    })
  })

  it.each([
    [{}],
    [{ spec: 7 }],
    [{ spec: { template: [] } }],
    [{ spec: { template: { spec: { containers: 'x' } } } }],
  ])('is rendered of whatever is written, for the API server to refuse: %j', (given) => {
    expect(() => rendered({ mounts: true }, given)).not.toThrow()
  })

  it('has a pod for dry runs, whose name the server chooses', () => {
    const { metadata, spec } = renderJobPod(rendered())
    expect(metadata).toMatchObject({ generateName: 'redis-migrate-u-3-' })
    expect(metadata).not.toHaveProperty('name')
    expect(spec).toEqual(podOf())
  })
})

describe('the name of a Job', () => {
  const uid = '0123456789abcdef'

  it('has the attempt, and enough of the uid that no later resource of that name meets it', () => {
    expect(jobName({ name: 'redis', uid }, 'migrate', 12)).toBe('redis-migrate-01234567-12')
  })

  it('has the ordinal, where it is for one replica', () => {
    const of = { attempt: 12, ordinal: 3 }
    expect(replicaJobName({ name: 'redis', uid }, 'backup', of)).toBe('redis-backup-01234567-12-3')
  })

  it('of a replica fits into a label, also of the longest resource', () => {
    const of = { attempt: 99_999, ordinal: 99_999 }
    expect(replicaJobName({ name: 'x'.repeat(45), uid }, 'restore', of).length).toBeLessThanOrEqual(63)
  })

  it('fits into a label, also of the longest resource', () => {
    expect(jobName({ name: 'x'.repeat(45), uid }, 'migrate', 99_999).length).toBeLessThanOrEqual(63)
  })

  it.each([
    ['redis-migrate-01234567-3', true],
    ['redis-migrate-76543210-3', false],
    ['other-migrate-01234567-3', false],
    ['redis-backup', false],
    ['redis-backup-01234567-3-2', true],
    ['redis-restore-01234567-3-2', true],
    ['redis-restore-76543210-3-2', false],
  ])('%s is ours: %s', (name, expected) => {
    expect(isJobName(name, { name: 'redis', uid })).toBe(expected)
  })
})
