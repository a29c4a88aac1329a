/**
 * What each real node has for itself: containerd, kubelet, and its CSI driver beside them. Two kubelets cannot share a
 * containerd, as each ends the pods that it does not know. Command lines only.
 */
import { containerdSocket } from '../configuration/node-files.ts'
import type { RealNode } from '../nodes.ts'
import { INNER } from '../state/state.ts'
import type { Part } from './part.ts'
import { driver } from './storage.ts'

/** In the order in which they must come up. */
export function nodeParts(node: RealNode): readonly Part[] {
  return [containerd(node), kubelet(node), driver(node)]
}

function containerd(node: RealNode): Part {
  return {
    name: `containerd${node.mark}`,
    command: ['containerd', `--config=${INNER}/etc/containerd${node.mark}.toml`],
    answers: { kind: 'runtime', path: containerdSocket(node) },
  }
}

function kubelet({ name, mark, address, kubeletRoot }: RealNode): Part {
  return {
    name: `kubelet${mark}`,
    command: [
      'kubelet',
      `--config=${INNER}/etc/kubelet${mark}.json`,
      `--kubeconfig=${INNER}/etc/kubelet${mark}.kubeconfig`,
      `--root-dir=${kubeletRoot}`,
      `--cert-dir=${kubeletRoot}/pki`,
      `--hostname-override=${name}`,
      `--node-ip=${address}`,
    ],
    answers: { kind: 'nodes', port: 10250, address, nodes: [name] },
    needs: ['kube-apiserver', `containerd${mark}`],
  }
}
