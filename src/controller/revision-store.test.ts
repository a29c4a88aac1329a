/** Who has the name of a revision that could not be stored. (Templates that are read back: operator.test.ts.) */
import { expect, it } from 'vitest'
import { labels } from '../api/v1alpha1/constants.ts'
import { walkThrough } from '../core/render/testing/walk-through.ts'
import { whoseName } from './revision-store.ts'
import { createFakeApi } from './testing/fake-api.ts'

const resource = walkThrough()
const owned = (uid: string) => ({
  ownerReferences: [{ apiVersion: 'v1', kind: 'CanaryStatefulSet', name: 'redis', uid, controller: true }],
})
const ours = owned(resource.metadata.uid)
const labelled = { labels: { [labels.name]: 'redis' } }

it.each([
  ['stored meanwhile, by another operator say, is waited for', { ...ours, ...labelled }, undefined],
  ['that nobody owns any more is taken for ours', labelled, undefined],
  [
    'of a resource before this one goes by itself',
    { ...owned('another'), ...labelled },
    'it is of an earlier resource of this name, and is waited for until the garbage collector has removed it',
  ],
  [
    'of somebody else has to go',
    {},
    'and is not one of this resource: delete it, or apply this resource under another name',
  ],
  [
    'without its label is one that no cache of ours shows',
    ours,
    'but has lost its label canary.example.com/name=redis: put it back, or delete the revision, and it is stored anew',
  ],
])('one %s', async (_, metadata, says) => {
  const api = createFakeApi()
  api.store.put('controllerrevisions', { metadata: { name: 'redis-abc', namespace: 'default', ...metadata } })
  const told = await whoseName(api.rest, resource, 'abc', new AbortController().signal)
  if (says === undefined) expect(told).toBeUndefined()
  else expect(told).toMatch(/^ControllerRevision default\/redis-abc exists already/)
  expect(told ?? '').toContain(says ?? '')
})

it('one that is gone again is stored at the next visit', async () => {
  const { rest } = createFakeApi()
  expect(await whoseName(rest, resource, 'abc', new AbortController().signal)).toBeUndefined()
})
