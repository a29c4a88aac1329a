/**
 * A headless Service that was deleted is made again, in every phase: replicas look for each other by its names. Where the API
 * server refuses it everything else goes on, and `start` and `steady` say so.
 */
import type { Decision } from '../decision.ts'
import type { Facts } from '../facts.ts'
import { makeService } from '../moves/make-service.ts'

export function service(facts: Facts): Decision | undefined {
  if (facts.stable === undefined) return undefined
  const note = `Service ${facts.resource.spec.serviceName} was missing and was made again`
  const made = makeService(facts, { type: 'Normal', reason: 'ServiceMade', note })
  return made?.next.kind === 'wait' ? undefined : made
}
