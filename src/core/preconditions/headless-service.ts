/** Pods get names of their own only from a headless Service. One that is there and is not headless is never changed. */
import type { Decision } from '../decision.ts'
import { wait } from '../decision.ts'
import type { Facts } from '../facts.ts'
import { makeService } from '../moves/make-service.ts'

export function headlessService(facts: Facts): Decision | undefined {
  const { wrongService, resource } = facts
  if (wrongService !== undefined)
    return wait({ code: 'ServiceNotHeadless', target: resource, service: wrongService })
  return makeService(facts)
}
