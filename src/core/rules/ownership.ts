/** What carries our names but is not ours, or not readable, is never touched. */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import type { Facts } from '../facts.ts'

export function ownership({ resource, stable, canary, parsed }: Facts): Decision | undefined {
  const foreign = [stable, canary].find((set) => set?.ours === false)
  if (foreign?.namesake)
    return wait({ code: 'NamesakeSet', target: resource, uid: resource.uid, set: foreign.name })
  if (foreign !== undefined) return wait({ code: 'ForeignSet', set: foreign.name })
  if (stable !== undefined && parsed?.ok === false)
    return wait({ code: 'RecordUnreadable', set: stable.name, problem: parsed.problem })
  return undefined
}
