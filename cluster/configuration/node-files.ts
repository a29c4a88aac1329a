/**
 * Configuration files of a real node's own programs: containerd, CNI, kubelet, CoreDNS. Each function returns the text
 * of one file; why a setting is there stands beside it. Paths are those of the box.
 */
import { NODE_ADDRESS } from '../box/box.ts'
import type { RealNode } from '../nodes.ts'
import { INNER } from '../state/state.ts'

/** The pods of all nodes get their addresses from here. */
export const POD_RANGE = '10.244.0.0/16'

/** The socket of the node's containerd. */
export function containerdSocket(node: RealNode): string {
  return `${node.containerdState}/containerd.sock`
}

/** containerd's configuration. */
export function containerdConfiguration(node: RealNode, cniPrograms: string): string {
  // restrict_oom_score_adj: without CAP_SYS_RESOURCE no container could start ("can't get final child's PID").
  return `version = 2
root = "${node.containerdRoot}"
state = "${node.containerdState}"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.internal.v1.opt"]

[grpc]
address = "${containerdSocket(node)}"

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "localhost/pause:1"
restrict_oom_score_adj = true
enable_unprivileged_ports = true

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "${cniPrograms}"
conf_dir = "${INNER}/etc/cni${node.mark}"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
`
}

/**
 * Pod network: a routed link for each pod. With a bridge, answers between two pods of one node would bypass the
 * translation of ClusterIPs unless the kernel has br_netfilter; routed links need nothing. The pods of several nodes
 * reach each other through the box, which has a route to every link.
 */
export function networkConfiguration(node: RealNode): string {
  const plugin = {
    type: 'ptp',
    ipam: {
      type: 'host-local',
      ranges: [[{ subnet: node.podRange }]],
      routes: [{ dst: '0.0.0.0/0' }],
      dataDir: `/run/cni${node.mark}`,
    },
  }
  return JSON.stringify({ cniVersion: '1.0.0', name: 'pods', plugins: [plugin] }, undefined, 2)
}

/** The kubelet's configuration; `controlGroup` must exist in every hierarchy. */
export function kubeletConfiguration(node: RealNode, controlGroup: string): string {
  const configuration = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    // Kubernetes 1.35 and later refuse cgroup v1 unless told otherwise.
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${controlGroup}`,
    // A negative value needs CAP_SYS_RESOURCE.
    oomScoreAdj: 0,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    address: node.address,
    healthzPort: 0,
    tlsCertFile: `${INNER}/etc/serving.crt`,
    tlsPrivateKeyFile: `${INNER}/etc/serving.key`,
    // Only the box can reach the kubelet; this gives exec, logs and port-forward without client certificates.
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: 'AlwaysAllow' },
    containerRuntimeEndpoint: `unix://${containerdSocket(node)}`,
    evictionHard: {
      'memory.available': '100Mi',
      'nodefs.available': '1%',
      'nodefs.inodesFree': '1%',
      'imagefs.available': '1%',
    },
    // Images cannot be pulled again: never collect them.
    imageGCHighThresholdPercent: 100,
    imageGCLowThresholdPercent: 99,
    serializeImagePulls: false,
    makeIPTablesUtilChains: false,
    resolvConf: `${INNER}/etc/resolv.conf`,
    clusterDNS: [NODE_ADDRESS],
    clusterDomain: 'cluster.local',
    podLogsDir: `${INNER}/podlogs${node.mark}`,
    // Quick to tell, quick to be missed: tests kill the kubelet and want to see it.
    nodeStatusUpdateFrequency: '2s',
    nodeLeaseDurationSeconds: 10,
    syncFrequency: '10s',
    crashLoopBackOff: { maxContainerRestartPeriod: '10s' },
  }
  return `${JSON.stringify(configuration, undefined, 2)}\n`
}

/** CoreDNS answers for the cluster's own names on the node's address, as no Service is needed for that. */
export function dnsConfiguration(): string {
  return `.:53 {
  bind ${NODE_ADDRESS}
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${INNER}/etc/coredns.kubeconfig coredns
    pods insecure
    ttl 1
  }
  cache 1
}
`
}

/** What pods with dnsPolicy Default see: nothing but the cluster's own server is reachable. */
export function resolverConfiguration(): string {
  return `nameserver ${NODE_ADDRESS}\n`
}
