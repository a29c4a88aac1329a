/**
 * The request metrics, named as in client-go. There is one API server per client, so they have no label `host`;
 * `resource` is ours: it tells what the requests are about.
 */
import type { Meter } from '../meter.ts'
import type { Method } from './retry.ts'

export interface RequestMetrics {
  /** An attempt that was answered with a status, or failed with the code of a ConnectionError. */
  answered(method: Method, resource: string, code: string | number): void
  /** Time until the answer began. */
  took(method: Method, ms: number): void
  waitedForRateLimit(method: Method, ms: number): void
  repeated(method: Method, code: string | number): void
}

const secondsBuckets = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60]

export function createRequestMetrics(meter: Meter): RequestMetrics {
  const requests = meter.counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the API server, by method, resource and status code (or why there was none)',
    labelNames: ['method', 'resource', 'code'],
  })
  const retries = meter.counter({
    name: 'rest_client_request_retries_total',
    help: 'Requests sent again by the client itself, by method and the code that made it do so',
    labelNames: ['verb', 'code'],
  })
  const duration = meter.histogram({
    name: 'rest_client_request_duration_seconds',
    help: 'Time from sending a request until its answer begins',
    labelNames: ['verb'],
    buckets: secondsBuckets,
  })
  const limited = meter.histogram({
    name: 'rest_client_rate_limiter_duration_seconds',
    help: 'Time that a request waited for the client-side rate limit',
    labelNames: ['verb'],
    buckets: secondsBuckets,
  })
  return {
    answered: (method, resource, code) => requests.add({ method, resource, code: String(code) }),
    took: (verb, ms) => duration.observe(ms / 1000, { verb }),
    waitedForRateLimit: (verb, ms) => limited.observe(ms / 1000, { verb }),
    repeated: (verb, code) => retries.add({ verb, code: String(code) }),
  }
}
