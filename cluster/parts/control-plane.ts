/**
 * The control plane: etcd, API server, controller manager, scheduler, and the relay that makes the API server reachable
 * from outside of the box; kube-proxy and CoreDNS, of which one is enough for all real nodes, as they share the box's
 * network. Command lines only.
 */
import { NODE_ADDRESS, SERVICE_RANGE } from '../box/box.ts'
import { POD_RANGE } from '../configuration/node-files.ts'
import type { Shape } from '../shape.ts'
import { INNER } from '../state/state.ts'
import type { Part } from './part.ts'

const ETC = `${INNER}/etc`
const SERVING = [`--tls-cert-file=${ETC}/serving.crt`, `--tls-private-key-file=${ETC}/serving.key`]
/** The default of 20 requests a second would cap the whole cluster at about three pods a second. */
export const CLIENT_LIMITS = ['--kube-api-qps=500', '--kube-api-burst=1000']

/** Sets and Jobs by the thousand: five workers would wait for the API server most of the time. */
const LIMITS_OF_MANY_PODS = ['--concurrent-statefulset-syncs=20', '--concurrent-job-syncs=20']

/** In the order in which they must come up. */
export function controlPlaneParts(shape: Shape): readonly Part[] {
  return [relay(), etcd(), apiServer(), controllerManager(shape), scheduler()]
}

/** What makes ClusterIPs and names work for pods. */
export function networkParts(): readonly Part[] {
  return [proxy(), coredns()]
}

function etcd(): Part {
  const client = 'http://127.0.0.1:2379'
  return {
    name: 'etcd',
    command: [
      'etcd',
      `--data-dir=${INNER}/etcd`,
      '--unsafe-no-fsync',
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      '--listen-peer-urls=http://127.0.0.1:2380',
      // As kubeadm sets it: else the watches of what does not change get no bookmarks.
      '--watch-progress-notify-interval=5s',
      '--log-level=warn',
    ],
    answers: { kind: 'port', port: 2379 },
  }
}

function apiServer(): Part {
  return {
    name: 'kube-apiserver',
    command: [
      'kube-apiserver',
      '--etcd-servers=http://127.0.0.1:2379',
      '--bind-address=0.0.0.0',
      `--advertise-address=${NODE_ADDRESS}`,
      '--secure-port=6443',
      ...SERVING,
      `--token-auth-file=${ETC}/tokens.csv`,
      `--client-ca-file=${ETC}/authority.crt`,
      '--authorization-mode=Node,RBAC',
      `--service-cluster-ip-range=${SERVICE_RANGE}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${ETC}/accounts.pub`,
      `--service-account-signing-key-file=${ETC}/accounts.key`,
      '--enable-admission-plugins=NodeRestriction',
      '--allow-privileged=true',
      '--kubelet-preferred-address-types=InternalIP',
      `--audit-policy-file=${ETC}/audit-policy.json`,
      `--audit-log-path=${INNER}/logs/audit.log`,
      // A request is about 1 kB: 100 MB hold some 100,000 of them, and the last two files before that stay.
      '--audit-log-maxsize=100',
      '--audit-log-maxbackup=5',
    ],
    answers: { kind: 'api' },
    needs: ['etcd'],
  }
}

/** Copies bytes from a port of the machine's own loopback to the API server in the box. */
export function relay(): Part {
  return { name: 'relay', command: ['relay', '127.0.0.1:6443'], answers: { kind: 'relay' } }
}

function controllerManager(shape: Shape): Part {
  return {
    name: 'kube-controller-manager',
    command: [
      'kube-controller-manager',
      `--kubeconfig=${ETC}/controller-manager.kubeconfig`,
      '--use-service-account-credentials=true',
      `--service-account-private-key-file=${ETC}/accounts.key`,
      `--root-ca-file=${ETC}/authority.crt`,
      // No election: with it the process ends when the API server is away.
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      ...SERVING,
      ...CLIENT_LIMITS,
      '--node-monitor-period=1s',
      '--node-monitor-grace-period=15s',
      ...(shape.kind === 'fake' ? LIMITS_OF_MANY_PODS : ['--pvclaimbinder-sync-period=2s']),
    ],
    answers: { kind: 'port', port: 10257 },
    needs: ['kube-apiserver'],
  }
}

function scheduler(): Part {
  return {
    name: 'kube-scheduler',
    command: [
      'kube-scheduler',
      `--kubeconfig=${ETC}/scheduler.kubeconfig`,
      '--leader-elect=false',
      '--bind-address=127.0.0.1',
      ...SERVING,
      ...CLIENT_LIMITS,
    ],
    answers: { kind: 'port', port: 10259 },
    needs: ['kube-apiserver'],
  }
}

function proxy(): Part {
  return {
    name: 'kube-proxy',
    command: [
      'kube-proxy',
      `--kubeconfig=${ETC}/proxy.kubeconfig`,
      '--proxy-mode=nftables',
      `--cluster-cidr=${POD_RANGE}`,
      '--hostname-override=n1',
      '--healthz-bind-address=127.0.0.1:10256',
      '--metrics-bind-address=127.0.0.1:10249',
      // Connection tracking limits belong to the machine, not to the box.
      '--conntrack-max-per-core=0',
      '--conntrack-tcp-timeout-established=0s',
      '--conntrack-tcp-timeout-close-wait=0s',
    ],
    answers: { kind: 'port', port: 10256 },
    needs: ['kube-apiserver'],
  }
}

function coredns(): Part {
  return {
    name: 'coredns',
    command: ['coredns', `-conf=${INNER}/etc/Corefile`],
    answers: { kind: 'port', port: 53 },
    needs: ['kube-apiserver'],
  }
}
