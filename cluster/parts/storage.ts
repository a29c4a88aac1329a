/**
 * Storage: our CSI driver, the sidecars that translate claims and snapshots into its calls, and the snapshot
 * controller, all as plain processes. Each real node has a driver of its own, all with one directory; the sidecars
 * speak with the first. Fake nodes have the driver for its claims alone: nothing is ever mounted. Command lines only.
 */
import { INNER } from '../state/state.ts'
import { CLIENT_LIMITS } from './control-plane.ts'
import type { Part } from './part.ts'

/** Name of our driver, as the CSIDriver object and the classes have it. */
export const DRIVER = 'directory.csi.local'

/** The label of a node by which pods find to their volumes; its value is the node's name. */
export const TOPOLOGY_KEY = `topology.${DRIVER}/node`

/** Where a driver serves, and for whom. */
interface Place {
  readonly name: string
  readonly mark: string
  readonly kubeletRoot: string
}

/** The sidecars of real nodes, in the order in which they must come up. */
export function storageParts(place: Place): readonly Part[] {
  return [
    provisioner(place),
    sidecar(place, 'csi-resizer', 9812, []),
    sidecar(place, 'csi-snapshotter', 9813, []),
    snapshotController(),
  ]
}

/** What binds the claims of pods on fake nodes: volumes are made and deleted as for real ones. */
export function fakeStorageParts(firstNode: string): readonly Part[] {
  const place = { name: firstNode, mark: '', kubeletRoot: `${INNER}/kubelet` }
  return [driver(place), provisioner(place)]
}

/** The driver of one node. */
export function driver(place: Place): Part {
  return {
    name: `csi-driver${place.mark}`,
    command: [
      'csi-driver',
      `--driver=${DRIVER}`,
      `--endpoint=${socket(place)}`,
      `--registration=${place.kubeletRoot}/plugins_registry/${DRIVER}-reg.sock`,
      `--node=${place.name}`,
      `--dir=${INNER}/csi`,
    ],
    answers: { kind: 'socket', path: socket(place) },
  }
}

function provisioner(place: Place): Part {
  return sidecar(place, 'csi-provisioner', 9811, ['--strict-topology=true', '--extra-create-metadata'])
}

function sidecar(place: Place, name: string, port: number, flags: readonly string[]): Part {
  return {
    name,
    command: [
      name,
      `--kubeconfig=${INNER}/etc/storage.kubeconfig`,
      ...CLIENT_LIMITS,
      `--csi-address=unix://${socket(place)}`,
      `--http-endpoint=127.0.0.1:${port}`,
      ...flags,
    ],
    answers: { kind: 'port', port },
    // It ends when it loses the driver's socket.
    needs: ['kube-apiserver', `csi-driver${place.mark}`],
  }
}

function snapshotController(): Part {
  return {
    name: 'snapshot-controller',
    command: [
      'snapshot-controller',
      `--kubeconfig=${INNER}/etc/storage.kubeconfig`,
      ...CLIENT_LIMITS,
      '--http-endpoint=127.0.0.1:9814',
    ],
    answers: { kind: 'port', port: 9814 },
    needs: ['kube-apiserver'],
  }
}

function socket({ kubeletRoot }: Place): string {
  return `${kubeletRoot}/plugins/${DRIVER}/csi.sock`
}
