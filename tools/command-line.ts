/** The reference page of the operator's command line, made of what `--help` prints. Pure: generate.ts writes it. */
import { usage } from '../src/flags.ts'

export function commandLine(): string {
  return `# Command line

\`make run\` starts the operator from the source, \`make bundle\` makes the one file that an image runs: \`node --no-maglev
dist/canary-operator.cjs\` ([why that flag](../decisions/0014-sixty-megabytes.md)).

\`\`\`
${usage}\`\`\`

## How it ends

SIGTERM and SIGINT end it in order: no visit to a resource begins any more, running ones have 10 s, events are sent, the Lease is
given back. With the usual 30 s of a pod that is enough. A second signal ends it at once.

| status | meaning |
|---|---|
| 0 | it was asked to end, and has |
| 1 | it cannot go on, e.g. because another process holds the Lease; it is to be started again |
| 2 | it cannot start like this: a flag, a kubeconfig or an address is wrong, and the last line on stderr says what to do |

## What it answers

| page | says |
|---|---|
| \`/healthz\` | \`ok\`, by which the event loop turns; for a livenessProbe |
| \`/readyz\` | \`ok\` once the caches are filled, on a standby too and while the API server is away; 503 from the stop on; for a readinessProbe |
| \`/metrics\` | measurements for Prometheus, under the names of client-go and controller-runtime where they have one |

\`?verbose\` adds a line per check to the first two.
`
}
