/**
 * The node n1: containerd, kubelet, and CoreDNS beside them. Command lines only.
 */
import { NODE_ADDRESS } from '../box/box.ts'
import { CONTAINERD_SOCKET } from '../configuration/node-files.ts'
import { INNER } from '../state/state.ts'
import type { Part } from './part.ts'

/** The kubelet's directory; the CSI sockets lie below it. */
export const KUBELET_ROOT = `${INNER}/kubelet`

/** In the order in which they must come up. */
export function nodeParts(): readonly Part[] {
  return [containerd(), kubelet(), coredns()]
}

function containerd(): Part {
  return {
    name: 'containerd',
    command: ['containerd', `--config=${INNER}/etc/containerd.toml`],
    answers: { kind: 'socket', path: CONTAINERD_SOCKET },
  }
}

function kubelet(): Part {
  return {
    name: 'kubelet',
    command: [
      'kubelet',
      `--config=${INNER}/etc/kubelet.json`,
      `--kubeconfig=${INNER}/etc/kubelet.kubeconfig`,
      `--root-dir=${KUBELET_ROOT}`,
      `--cert-dir=${KUBELET_ROOT}/pki`,
      '--hostname-override=n1',
      `--node-ip=${NODE_ADDRESS}`,
    ],
    answers: { kind: 'node' },
  }
}

function coredns(): Part {
  return {
    name: 'coredns',
    command: ['coredns', `-conf=${INNER}/etc/Corefile`],
    answers: { kind: 'port', port: 53 },
  }
}
