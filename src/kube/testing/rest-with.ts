/**
 * A Rest of which a test gives the verbs that it expects; any other call is an error, so that no test passes by a request
 * that it did not think of.
 */
import type { Rest } from '../client/rest.ts'

export function restWith(verbs: Partial<Rest> = {}): Rest {
  function unexpected(verb: string): () => never {
    return () => {
      throw new Error(`the test expects no ${verb}`)
    }
  }
  return {
    get: unexpected('get'),
    getIfExists: unexpected('getIfExists'),
    list: unexpected('list'),
    watch: unexpected('watch'),
    create: unexpected('create'),
    replace: unexpected('replace'),
    patch: unexpected('patch'),
    delete: unexpected('delete'),
    ...verbs,
  }
}
