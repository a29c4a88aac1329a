import { describe, expect, it } from 'vitest'
import type { CanaryStatefulSetSpecInput, PodTemplate } from '../api/v1alpha1/types.ts'
import { imageOf, revisionAmong, revisionOf, withImage } from './revision.ts'
import { walkThrough } from './render/testing/walk-through.ts'

const twoContainers: Partial<CanaryStatefulSetSpecInput['template']> = {
  template: {
    spec: {
      containers: [
        { name: 'sidecar', image: 'exporter:1' },
        { name: 'redis', image: 'redis:6.2.6' },
      ],
    },
  },
}

describe('withImage', () => {
  it.each([
    ['the first container, where none is named', { image: 'x:1' }, ['x:1', 'redis:6.2.6']],
    ['the named container', { image: 'x:1', container: 'redis' }, ['exporter:1', 'x:1']],
    ['none, where no image is given', { image: undefined }, ['exporter:1', 'redis:6.2.6']],
    [
      'none, where no container has the name',
      { image: 'x:1', container: 'gone' },
      ['exporter:1', 'redis:6.2.6'],
    ],
  ])('puts spec.image into %s', (_, { image, ...changes }, images) => {
    const { spec } = walkThrough(changes, twoContainers)
    const { image: _image, ...rest } = spec
    const template = withImage(image === undefined ? rest : { ...rest, image })
    expect(template.spec.containers.map((container) => container.image)).toEqual(images)
  })
})

describe('imageOf', () => {
  it.each([
    ['spec.image where it is given', walkThrough(), 'redis:6.2.6'],
    ["the template's image where it is not", withoutImage({}), 'exporter:1'],
    ["the named container's image where it is not", withoutImage({ container: 'redis' }), 'redis:6.2.6'],
  ])('is %s', (_, resource, image) => {
    expect(imageOf(resource.spec)).toBe(image)
  })
})

function withoutImage(changes: Partial<CanaryStatefulSetSpecInput>) {
  const resource = walkThrough(changes, twoContainers)
  const { image: _, ...spec } = resource.spec
  return { ...resource, spec }
}

describe('revisionOf', () => {
  const revision = revisionOf(withImage(walkThrough().spec))

  it('is ten hex digits that never change for the walk-through: another value would roll every pod', () => {
    expect(revision).toBe('42923a489e')
  })

  it.each([
    ['replicas', walkThrough({ replicas: 7, canaryReplicas: 2 })],
    ['minReadySeconds', walkThrough({}, { minReadySeconds: 30 })],
    ['spec.image said in the template instead', withoutImageOfWalkThrough()],
    ['fields that are null, which a schema that knows them drops', withNull()],
  ])('does not depend on %s', (_, { spec }) => {
    expect(revisionOf(withImage(spec))).toBe(revision)
  })

  it.each([
    ['the image', walkThrough({ image: 'redis:7.0.5' })],
    [
      'a field of the pod template that no schema of ours names',
      walkThrough({}, { template: { ...walkThrough().spec.template.template, newer: { field: 1 } } }),
    ],
  ])('depends on %s', (_, { spec }) => {
    expect(revisionOf(withImage(spec))).toMatch(/^[0-9a-f]{10}$/)
    expect(revisionOf(withImage(spec))).not.toBe(revision)
  })
})

type Metadata = PodTemplate['metadata']

describe('an empty map of labels or annotations', () => {
  const withMetadata = (metadata?: Metadata) => {
    const { template } = walkThrough().spec.template
    return withImage(walkThrough({}, { template: { ...template, ...(metadata && { metadata }) } }).spec)
  }
  const forms: readonly (readonly [Metadata, string])[] = [
    [undefined, '42923a489e'],
    [{}, '2c72cd6b9a'],
    [{ labels: {} }, '767803bf4d'],
    [{ annotations: {} }, '97819210dc'],
    [{ labels: {}, annotations: {} }, '8d477b812a'],
  ]

  it.each(forms)('has a revision that never changes: %j', (metadata, revision) => {
    expect(revisionOf(withMetadata(metadata))).toBe(revision)
    expect(revisionAmong(new Set(), withMetadata(metadata))).toBe(revision)
  })

  const pairs = forms.flatMap(([asked]) => forms.map(([, stored]) => [asked, stored] as const))
  it.each(pairs)('is taken for none: %j is %s, where that is stored', (asked, stored) => {
    expect(revisionAmong(new Set([stored, 'another']), withMetadata(asked))).toBe(stored)
  })

  it('is its own where that is stored, too', () => {
    const all = new Set(forms.map(([, revision]) => revision))
    for (const [metadata, revision] of forms)
      expect(revisionAmong(all, withMetadata(metadata))).toBe(revision)
  })

  it.each<[Metadata]>([[{ labels: { a: 'b' } }], [{ annotations: { a: 'b' } }]])(
    'is not one that says something: %j',
    (metadata) => {
      const template = withMetadata(metadata)
      expect(revisionAmong(new Set(forms.map(([, revision]) => revision)), template)).toBe(
        revisionOf(template),
      )
    },
  )

  it('is none beside one that says something', () => {
    const stored = revisionOf(withMetadata({ labels: { a: 'b' } }))
    const asked = withMetadata({ labels: { a: 'b' }, annotations: {} })
    expect(revisionAmong(new Set([stored]), asked)).toBe(stored)
  })

  it('is none beside what is null, too', () => {
    const asked = withMetadata({ annotations: {}, creationTimestamp: null })
    expect(revisionAmong(new Set(['42923a489e']), asked)).toBe('42923a489e')
  })
})

function withoutImageOfWalkThrough() {
  const resource = walkThrough()
  const { image: _, ...spec } = resource.spec
  return { ...resource, spec }
}

function withNull() {
  const { template } = walkThrough().spec.template
  return walkThrough({}, { template: { ...template, spec: { ...template.spec, schedulerName: null } } })
}
