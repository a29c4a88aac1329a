/**
 * Writes all files that the parts read at their start into the cluster's state directory, in one go and before
 * anything runs. The contents come from the files beside this one.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { nodeControlGroup, type RealNode, realNodes } from '../nodes.ts'
import { type Cluster, type ClusterRecord, hostKubeconfig } from '../state/state.ts'
import { auditPolicy } from './audit-policy.ts'
import { makeCertificates, makeKeyPair } from './certificates.ts'
import { fakePods } from './fake-pods.ts'
import { type Identities, kubeconfig, makeIdentities, tokenFile } from './identities.ts'
import {
  containerdConfiguration,
  dnsConfiguration,
  kubeletConfiguration,
  networkConfiguration,
  resolverConfiguration,
} from './node-files.ts'

const DNS_NAMES = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
]
const ADDRESSES = ['127.0.0.1', '10.96.0.1']
const INNER_SERVER = 'https://127.0.0.1:6443'

/** Writes them; the state directory must exist. */
export function writeConfiguration(cluster: Cluster, record: ClusterRecord): void {
  const nodes = realNodes(record.shape)
  const certificates = makeCertificates(
    [...DNS_NAMES, ...nodes.map(({ name }) => name)],
    [...ADDRESSES, ...nodes.map(({ address }) => address)],
  )
  const authority = certificates.authority.certificate
  const identities = makeIdentities(record.token, record.shape)
  const accountKeys = makeKeyPair()
  const files: Files = {
    'authority.crt': authority,
    'serving.crt': certificates.serving.certificate,
    'serving.key': certificates.serving.key,
    'admin.crt': certificates.administrator.certificate,
    'admin.key': certificates.administrator.key,
    'accounts.key': accountKeys.privateKey,
    'accounts.pub': accountKeys.publicKey,
    'tokens.csv': tokenFile(identities),
    'audit-policy.json': auditPolicy(),
    ...kubeconfigs(cluster, identities, authority),
    ...(record.shape.kind === 'fake' ? { 'kwok.yaml': fakePods() } : networkFiles()),
    ...Object.assign({}, ...nodes.map((node) => nodeFiles(cluster, record, node))),
  }
  const directory = join(cluster.directory, 'etc')
  for (const [file, content] of Object.entries(files)) writePrivately(join(directory, file), content)
  const outside = `https://127.0.0.1:${record.port}`
  writePrivately(hostKubeconfig(cluster), kubeconfig(cluster.name, outside, authority, record.token))
}

/** Contents by file name. */
type Files = Readonly<Record<string, string>>

function kubeconfigs(cluster: Cluster, identities: Identities, authority: string): Files {
  const files = Object.entries(identities).map(([name, { token }]) => {
    // CoreDNS names the context that it wants.
    const context = name === 'coredns' ? name : cluster.name
    return [`${name}.kubeconfig`, kubeconfig(context, INNER_SERVER, authority, token)]
  })
  return Object.fromEntries(files)
}

function networkFiles(): Files {
  return { Corefile: dnsConfiguration(), 'resolv.conf': resolverConfiguration() }
}

function nodeFiles(cluster: Cluster, record: ClusterRecord, node: RealNode): Files {
  return {
    [`kubelet${node.mark}.json`]: kubeletConfiguration(node, nodeControlGroup(cluster, node)),
    [`containerd${node.mark}.toml`]: containerdConfiguration(node, record.programs.cni),
    [`cni${node.mark}/pods.conflist`]: networkConfiguration(node),
  }
}

/** Keys and tokens are for root alone; the directory above is closed as well. */
function writePrivately(file: string, content: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content, { mode: 0o600 })
  chmodSync(file, 0o600)
}
