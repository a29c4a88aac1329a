/** Writing at the speed of the reader. */
import type { Writable } from 'node:stream'

/** Resolves when the reader wants more, or will never read again. */
export async function writeTo(to: Writable, bytes: Buffer | string): Promise<void> {
  if (to.destroyed || to.write(bytes)) return
  const { promise, resolve } = Promise.withResolvers<void>()
  to.once('drain', resolve)
  to.once('close', resolve)
  if (to.destroyed) resolve()
  await promise
  to.off('drain', resolve)
  to.off('close', resolve)
}
