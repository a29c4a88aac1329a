/** Takes resources out of their operator's hands, where none may be left to let them go. */
import { isNotFound } from '../../src/kube/client/api-error.ts'
import type { Rest } from '../../src/kube/client/rest.ts'
import { canaryStatefulSets } from './objects.ts'

/** Takes the finalizers off every resource of the namespace, so that the namespace can be deleted. */
export async function release(rest: Rest, namespace: string): Promise<void> {
  const { items } = await rest.list(canaryStatefulSets, { namespace })
  for (const { metadata } of items) {
    const body = { metadata: { finalizers: [] } }
    try {
      await rest.patch(canaryStatefulSets, { namespace, name: metadata.name }, { type: 'merge', body })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}
