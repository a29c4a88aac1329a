/**
 * The layers of tests. `unit` needs nothing but Node. `host` drives the cluster command itself on this machine (root).
 * `cluster` and `cluster-serial` run inside the network of a running test cluster, where `make test-cluster` puts
 * them; the serial ones disturb everybody (API server killed, policy removed), so they run alone and last. Those of
 * `cluster-two-nodes` need a cluster with a second node, which they kill.
 */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          // Only a hang is a failure here; how fast a machine is, is no test's business.
          testTimeout: 60_000,
          // Else one of two cores is left out, and the model checker alone takes minutes.
          maxWorkers: 2,
          include: [
            '{src,cluster,tools,docs,demo,test/simulator,test/model-checker,test/harness}/**/*.test.ts',
          ],
        },
      },
      {
        test: {
          name: 'host',
          include: ['test/host/**/*.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/*.test.ts'],
          globalSetup: ['test/harness/global-setup.ts'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: 'cluster-serial',
          include: ['test/cluster/serial/*.test.ts'],
          globalSetup: ['test/harness/global-setup.ts'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        // What the API server wrote down about the two before, so it runs after them, on their cluster.
        test: { name: 'cluster-audit', include: ['test/cluster/audit/*.test.ts'], hookTimeout: 120_000 },
      },
      {
        test: {
          name: 'cluster-two-nodes',
          include: ['test/cluster/two-nodes/*.test.ts'],
          globalSetup: ['test/harness/global-setup.ts'],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
