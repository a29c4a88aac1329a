/**
 * Three projects: `unit` needs nothing but Node, `host` drives the cluster command itself on this machine (root),
 * `cluster` runs inside the network of a running test cluster (`make test-cluster` puts it there).
 */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['{src,cluster,tools,test/harness}/**/*.test.ts'] } },
    ],
  },
})
