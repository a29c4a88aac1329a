/**
 * Storage: our CSI driver, the sidecars that translate claims and snapshots into its calls, and the snapshot
 * controller, all as plain processes beside the kubelet. Command lines only.
 */
import { INNER } from '../state/state.ts'
import { KUBELET_ROOT } from './node.ts'
import type { Part } from './part.ts'

/** Name of our driver, as the CSIDriver object and the classes have it. */
export const DRIVER = 'directory.csi.local'

const SOCKET = `${KUBELET_ROOT}/plugins/${DRIVER}/csi.sock`
const CLIENT = [`--kubeconfig=${INNER}/etc/storage.kubeconfig`, '--kube-api-qps=100', '--kube-api-burst=200']

/** In the order in which they must come up. */
export function storageParts(): readonly Part[] {
  return [
    driver(),
    sidecar('csi-provisioner', 9811, ['--strict-topology=true', '--extra-create-metadata']),
    sidecar('csi-resizer', 9812, []),
    sidecar('csi-snapshotter', 9813, []),
    snapshotController(),
  ]
}

function driver(): Part {
  return {
    name: 'csi-driver',
    command: [
      'csi-driver',
      `--driver=${DRIVER}`,
      `--endpoint=${SOCKET}`,
      `--registration=${KUBELET_ROOT}/plugins_registry/${DRIVER}-reg.sock`,
      '--node=n1',
      `--dir=${INNER}/csi`,
    ],
    answers: { kind: 'socket', path: SOCKET },
    // They end when they lose the driver's socket.
    followers: ['csi-provisioner', 'csi-resizer', 'csi-snapshotter'],
  }
}

function sidecar(name: string, port: number, flags: readonly string[]): Part {
  return {
    name,
    command: [
      name,
      ...CLIENT,
      `--csi-address=unix://${SOCKET}`,
      `--http-endpoint=127.0.0.1:${port}`,
      ...flags,
    ],
    answers: { kind: 'port', port },
  }
}

function snapshotController(): Part {
  return {
    name: 'snapshot-controller',
    command: ['snapshot-controller', ...CLIENT, '--http-endpoint=127.0.0.1:9814'],
    answers: { kind: 'port', port: 9814 },
  }
}
