/**
 * Writes all files that the parts read at their start into the cluster's state directory, in one go and before
 * anything runs. The contents come from the files beside this one.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { NODE_ADDRESS } from '../box/box.ts'
import { type Cluster, type ClusterRecord, hostKubeconfig } from '../state/state.ts'
import { auditPolicy } from './audit-policy.ts'
import { makeCertificates, makeKeyPair } from './certificates.ts'
import { type Identity, kubeconfig, makeIdentities, tokenFile } from './identities.ts'
import {
  containerdConfiguration,
  dnsConfiguration,
  kubeletConfiguration,
  networkConfiguration,
  resolverConfiguration,
} from './node-files.ts'

const DNS_NAMES = [
  'localhost',
  'n1',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
]
const ADDRESSES = ['127.0.0.1', '10.96.0.1', NODE_ADDRESS]
const INNER_SERVER = 'https://127.0.0.1:6443'

/** Writes them; the directories must exist. */
export function writeConfiguration(cluster: Cluster, record: ClusterRecord): void {
  const certificates = makeCertificates(DNS_NAMES, ADDRESSES)
  const accountKeys = makeKeyPair()
  const identities = makeIdentities(record.token)
  const authority = certificates.authority.certificate
  const within = (context: string, { token }: Identity) => kubeconfig(context, INNER_SERVER, authority, token)
  const files: Readonly<Record<string, string>> = {
    'authority.crt': authority,
    'serving.crt': certificates.serving.certificate,
    'serving.key': certificates.serving.key,
    'accounts.key': accountKeys.privateKey,
    'accounts.pub': accountKeys.publicKey,
    'tokens.csv': tokenFile(identities),
    'audit-policy.json': auditPolicy(),
    'admin.kubeconfig': within(cluster.name, identities.admin),
    'controller-manager.kubeconfig': within(cluster.name, identities['controller-manager']),
    'scheduler.kubeconfig': within(cluster.name, identities.scheduler),
    'kubelet.kubeconfig': within(cluster.name, identities.kubelet),
    'proxy.kubeconfig': within(cluster.name, identities.proxy),
    // CoreDNS names the context that it wants.
    'coredns.kubeconfig': within('coredns', identities.dns),
    'storage.kubeconfig': within(cluster.name, identities.storage),
    'containerd.toml': containerdConfiguration(record.programs.cni),
    'kubelet.json': kubeletConfiguration(cluster.controlGroup),
    Corefile: dnsConfiguration(),
    'resolv.conf': resolverConfiguration(),
    'cni/pods.conflist': networkConfiguration(),
  }
  const directory = join(cluster.directory, 'etc')
  mkdirSync(join(directory, 'cni'), { recursive: true })
  for (const [file, content] of Object.entries(files)) writePrivately(join(directory, file), content)
  const outside = `https://127.0.0.1:${record.port}`
  writePrivately(hostKubeconfig(cluster), kubeconfig(cluster.name, outside, authority, record.token))
}

/** Keys and tokens are for root alone; the directory above is closed as well. */
function writePrivately(file: string, content: string): void {
  writeFileSync(file, content, { mode: 0o600 })
  chmodSync(file, 0o600)
}
