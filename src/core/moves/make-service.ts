/** The headless Service gives the pods of both sets their names: where there is none of that name, it is made. */
import type { Decision } from '../decision.ts'
import { act, ask } from '../decision.ts'
import type { UserEvent } from '../event.ts'
import type { Facts } from '../facts.ts'

/** Once refused (by a quota, say) it is asked for by dry run before it is tried again. */
export function makeService(facts: Facts, ...events: readonly UserEvent[]): Decision | undefined {
  if (facts.serviceExists) return undefined
  const make = act({ kind: 'createService' }, { code: 'Creating', what: 'the headless Service' }, ...events)
  if (facts.answers.service === undefined) return make
  const what = `Service ${facts.resource.spec.serviceName}`
  return ask(facts, { kind: 'service' }, (message) => ({ code: 'SetRefused', what, message })) ?? make
}
