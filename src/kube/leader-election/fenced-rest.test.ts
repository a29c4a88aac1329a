import { beforeEach, expect, it } from 'vitest'
import type { CallOptions, Rest } from '../client/rest.ts'
import { resource } from '../resource.ts'
import { restWith } from '../testing/rest-with.ts'
import { fencedRest, NotLeading } from './fenced-rest.ts'

const pods = resource({ group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true })
const ref = { namespace: 'a', name: 'x' }
const object = { metadata: { ...ref, uid: 'u', resourceVersion: '1' } }

let leads: boolean
let calls: string[]
/** What happens between the call and the moment in which the request goes out, or goes out again. */
let meanwhile: () => void
beforeEach(() => {
  leads = true
  calls = []
  meanwhile = () => undefined
})

async function send<T>(verb: string, answer: T, options?: CallOptions): Promise<T> {
  calls.push(`${verb} called`)
  await Promise.resolve()
  meanwhile()
  options?.beforeSend?.()
  calls.push(`${verb} sent`)
  return answer
}

function fenced(): Rest {
  const rest = restWith({
    get: (_of, _ref, options) => send('get', object as never, options),
    create: (_of, _manifest, options) => send('create', { object: object as never, warnings: [] }, options),
    replace: (_of, _object, options) => send('replace', { object: object as never, warnings: [] }, options),
    patch: (_of, _ref, _patch, options) => send('patch', { object: object as never, warnings: [] }, options),
    delete: (_of, _ref, options) => send('delete', { warnings: [] }, options),
  })
  return fencedRest(rest, () => leads)
}

const writes: Record<string, (rest: Rest, options?: CallOptions) => Promise<unknown>> = {
  create: (rest, options) => rest.create(pods, { metadata: ref }, options),
  replace: (rest, options) => rest.replace(pods, object, options),
  patch: (rest, options) => rest.patch(pods, ref, { type: 'merge', body: {} }, options),
  delete: (rest, options) => rest.delete(pods, ref, options),
}

it.each(Object.entries(writes))('lets a %s of the leader through', async (verb, write) => {
  await write(fenced())

  expect(calls).toEqual([`${verb} called`, `${verb} sent`])
})

it.each(Object.entries(writes))(
  'refuses a %s where we do not lead, before anything is called',
  async (_verb, write) => {
    leads = false

    await expect(write(fenced())).rejects.toBeInstanceOf(NotLeading)
    expect(calls).toEqual([])
  },
)

it.each(Object.entries(writes))(
  'stops a %s that was on its way when leadership ended, and asks the caller of it too',
  async (verb, write) => {
    const asked: string[] = []
    const beforeSend = () => void asked.push('asked')
    await write(fenced(), { beforeSend })
    expect(asked).toEqual(['asked'])
    calls = []

    meanwhile = () => {
      leads = false
    }
    await expect(write(fenced(), { beforeSend })).rejects.toBeInstanceOf(NotLeading)

    expect(calls).toEqual([`${verb} called`])
  },
)

it('lets everybody read', async () => {
  leads = false

  await expect(fenced().get(pods, ref)).resolves.toBe(object)
})
