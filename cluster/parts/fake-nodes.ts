/**
 * Fake nodes: one process, kwok, that plays all of them and their pods. What it plays is in configuration/fake-pods.ts.
 * Command line only.
 */
import { FAKE_NODE_LABEL } from '../configuration/fake-pods.ts'
import { nodeNames } from '../nodes.ts'
import type { Shape } from '../shape.ts'
import { INNER } from '../state/state.ts'
import type { Part } from './part.ts'

/** Nothing answers there; pods of the host network are told to have it. */
const FAKE_NODE_ADDRESS = '10.250.1.1'
const PORT = 10247

/** The part that plays the nodes of this shape. */
export function fakeNodeParts(shape: Shape): readonly Part[] {
  return [
    {
      name: 'kwok',
      command: [
        'kwok',
        `--kubeconfig=${INNER}/etc/kwok.kubeconfig`,
        `--config=${INNER}/etc/kwok.yaml`,
        `--manage-nodes-with-label-selector=${FAKE_NODE_LABEL}`,
        `--node-ip=${FAKE_NODE_ADDRESS}`,
        '--cidr=10.244.0.0/16',
        `--server-address=127.0.0.1:${PORT}`,
        // Heartbeats go into the node's status: a lease would bar a restarted kwok until it had run out.
        '--node-lease-duration-seconds=0',
      ],
      answers: { kind: 'nodes', port: PORT, nodes: nodeNames(shape) },
      needs: ['kube-apiserver'],
    },
  ]
}
