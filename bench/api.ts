/** The way to the API server for a bench: by KUBECONFIG, as the cluster's administrator. */
import { connect } from '../src/kube/client/connection.ts'
import { createRest, type Rest } from '../src/kube/client/rest.ts'
import { createTransport, type Transport } from '../src/kube/client/transport.ts'
import { isAlreadyExists } from '../src/kube/client/api-error.ts'
import { resource } from '../src/kube/resource.ts'

export interface Api {
  readonly rest: Rest
  readonly transport: Transport
}

export const namespaces = resource({
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
})

export async function connectApi(): Promise<Api> {
  const transport = createTransport(await connect(), { userAgent: 'bench' })
  return { transport, rest: createRest(transport) }
}

export async function ensureNamespace(rest: Rest, name: string): Promise<void> {
  await unlessThere(() => rest.create(namespaces, { metadata: { name } }))
}

/** Creates something, and is content where it is there already. */
export async function unlessThere(create: () => Promise<unknown>): Promise<void> {
  try {
    await create()
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}

/** Calls `work` for 0, 1, ... count - 1, so many at the same time. */
export async function inParallel(
  count: number,
  width: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0
  async function worker(): Promise<void> {
    for (let index = next++; index < count; index = next++) await work(index)
  }
  await Promise.all(Array.from({ length: width }, worker))
}
