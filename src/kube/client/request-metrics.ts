/**
 * Counts of requests by method, resource and answer, in memory. Exposing them (a metrics endpoint) is not done here.
 */

export interface RequestCount {
  readonly method: string
  readonly resource: string
  /** The HTTP status, or the code of the ConnectionError. */
  readonly code: string
  readonly count: number
}

export interface RequestMetrics {
  count(method: string, resource: string, code: string | number): void
  counts(): readonly RequestCount[]
}

export function createRequestMetrics(): RequestMetrics {
  const byLabels = new Map<string, RequestCount>()
  return {
    count(method, resource, code) {
      const labels = `${method} ${resource} ${code}`
      const count = (byLabels.get(labels)?.count ?? 0) + 1
      byLabels.set(labels, { method, resource, code: String(code), count })
    },
    counts: () => [...byLabels.values()],
  }
}
