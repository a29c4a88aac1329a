/** JSON Patch as the API server applies it, for the fake API: `test`, `add`, `replace` and `remove`, all or nothing. */
import { isDeepStrictEqual } from 'node:util'
import type { JsonPatchOperation } from '../../kube/client/rest.ts'

type Container = Record<string, unknown>

/** Returns the changed copy; undefined where a `test` fails or a path leads nowhere. */
export function patched<T>(object: T, operations: readonly JsonPatchOperation[]): T | undefined {
  const copy = structuredClone(object)
  return operations.every((operation) => applied(copy as Container, operation)) ? copy : undefined
}

function applied(root: Container, operation: JsonPatchOperation): boolean {
  const keys = operation.path
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = keys.pop() ?? ''
  let parent: unknown = root
  for (const key of keys) parent = (parent as Container | undefined)?.[key]
  if (typeof parent !== 'object' || parent === null) return false
  const fields = parent as Container
  switch (operation.op) {
    case 'test':
      return isDeepStrictEqual(fields[last], operation.value)
    case 'add':
      fields[last] = structuredClone(operation.value)
      return true
    case 'replace':
      if (!(last in fields)) return false
      fields[last] = structuredClone(operation.value)
      return true
    case 'remove':
      return last in fields && delete fields[last]
    default:
      throw new Error(`the fake API knows no ${operation.op}`)
  }
}
