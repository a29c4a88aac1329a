/** Asking again and again, where no event tells: how an installation waits for what the API server does with it. */
import { setTimeout as delay } from 'node:timers/promises'
import { ToolFailure } from './kubectl.ts'

/** Returns once the answer is yes; fails after `deadlineMs` with the words of `otherwise`. */
export async function poll(
  deadlineMs: number,
  otherwise: string,
  ask: () => Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + deadlineMs
  while (!(await ask())) {
    if (performance.now() > deadline)
      throw new ToolFailure(`${otherwise}, ${deadlineMs / 1000} s after it was applied`, 1)
    await delay(100)
  }
}
