/**
 * What a probe asks and what it is told: named checks, in the words of the API server's /livez and /readyz. A healthy
 * answer is `ok`, or with `?verbose` a line per check; an unhealthy one always names its reasons.
 */
import type { Page, PageSource } from './http-server.ts'

export interface Check {
  readonly name: string
  /** What is wrong, in words; undefined where nothing is. */
  readonly trouble: () => string | undefined
}

/** `name` is that of the probe, e.g. `readyz`. 200, or 503 as soon as one check fails. */
export function checksPage(name: string, checks: readonly Check[]): PageSource {
  return (query) => checked(name, checks, query.has('verbose'))
}

function checked(name: string, checks: readonly Check[], verbose: boolean): Page {
  const results = checks.map((check) => ({ name: check.name, trouble: check.trouble() }))
  const passed = results.every(({ trouble }) => trouble === undefined)
  if (passed && !verbose) return { status: 200, text: 'ok' }
  const lines = results.map(({ name: check, trouble }) =>
    trouble === undefined ? `[+]${check} ok` : `[-]${check} failed: ${trouble}`,
  )
  const last = `${name} check ${passed ? 'passed' : 'failed'}`
  return { status: passed ? 200 : 503, text: [...lines, last, ''].join('\n') }
}
