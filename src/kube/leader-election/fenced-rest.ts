/**
 * A Rest that writes only while it may, so that nobody has to remember to ask: what a program of which one leads gives
 * to everything that writes for the leader. Who leads is not known here.
 */
import type { CallOptions, Rest } from '../client/rest.ts'

/** Nothing was sent. What was decided is void: another process may have gone on since. */
export class NotLeading extends Error {
  constructor() {
    super('This process does not lead at this moment; nothing was written.')
    this.name = 'NotLeading'
  }
}

/**
 * Reads pass; create, replace, patch and delete, dry runs too, are refused with NotLeading unless `mayWrite` is true.
 *
 * Guarantees: it is asked in the moment in which a write, or its repetition after a refusal, is handed to the
 * connection. A process that was stopped for a while and goes on in the middle of a decision writes nothing more.
 * Caveats: what was handed over before may still arrive late, when another process leads. A write must carry the
 * preconditions (uid, resourceVersion) on which it was decided, or do no harm.
 */
export function fencedRest(rest: Rest, mayWrite: () => boolean): Rest {
  function fence(): void {
    if (!mayWrite()) throw new NotLeading()
  }

  function fenced<O extends CallOptions>(options: O | undefined): O {
    fence()
    function beforeSend(): void {
      fence()
      options?.beforeSend?.()
    }
    return { ...options, beforeSend } as unknown as O
  }

  return {
    ...rest,
    create: async (of, manifest, options) => rest.create(of, manifest, fenced(options)),
    replace: async (of, object, options) => rest.replace(of, object, fenced(options)),
    patch: async (of, ref, patch, options) => rest.patch(of, ref, patch, fenced(options)),
    delete: async (of, ref, options) => rest.delete(of, ref, fenced(options)),
  }
}
