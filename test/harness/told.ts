/** What the operator tells people by events, which come some time after what they tell of: they are watched, too. */
import { onTestFinished } from 'vitest'
import { createCache } from '../../src/kube/cache/cache.ts'
import { reflect } from '../../src/kube/cache/reflector.ts'
import { condition } from './condition.ts'
import { events } from './objects.ts'
import type { Space } from './space.ts'

export interface Told {
  /** Resolves with the message of the first event of this reason that has these words in it. */
  until(reason: string, words: string): Promise<string>
}

/** Follows the events of the namespace until the test ends. */
export async function followEvents({ rest, namespace, failure }: Space): Promise<Told> {
  const ended = new AbortController()
  onTestFinished(() => ended.abort())
  const cache = createCache(events, { namespace })
  void reflect(rest, cache, { backoff: { baseMs: 200, capMs: 1_000 } }, ended.signal)
  await cache.whenSynced(ended.signal)
  const messagesOf = (reason: string) =>
    cache.list().flatMap((event) => (event.reason === reason ? [event.message ?? ''] : []))
  return {
    until: (reason, words) =>
      condition(
        () => `${reason} is told with "${words}" (told: ${JSON.stringify(messagesOf(reason))})`,
        () => messagesOf(reason).find((message) => message.includes(words)),
        [(listener) => cache.onChange(listener)],
        { hopeless: failure },
      ),
  }
}
