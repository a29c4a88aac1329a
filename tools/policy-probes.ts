/**
 * Whether the two admission policies take effect. Neither says so in its status, so a request is sent as a dry run
 * that the guard must refuse, and another that the hand-over policy must complete. Nothing runs and nothing stays.
 */
import { randomBytes } from 'node:crypto'
import {
  annotations,
  apiVersion,
  guardPolicy,
  guardProbeManager,
  kind,
  labels,
} from '../src/api/v1alpha1/constants.ts'
import { ToolFailure, kubectl, kubectlOutput } from './kubectl.ts'
import { poll } from './poll.ts'

/** By this label uninstall finds what a killed install left behind. */
export const probeLabel = 'app.kubernetes.io/part-of=canary-install-probe'
const probeLabels = { 'app.kubernetes.io/part-of': 'canary-install-probe' }
/** A name of its own for each run, so that two installs at once do not take away each other's probe. */
const probeName = `canary-install-probe-${randomBytes(3).toString('hex')}`
const inNamespace = ['--namespace', 'canary-system'] as const
const image = 'registry.k8s.io/pause:3.10'

/** A resource that the operator leaves alone, and an empty set that the guard must take for that resource's own. */
const probeResource = {
  apiVersion,
  kind,
  metadata: {
    name: probeName,
    labels: probeLabels,
    annotations: { [annotations.pauseReconciliation]: 'true' },
  },
  spec: { replicas: 0, template: { template: { spec: { containers: [{ name: 'pause', image }] } } } },
}
const probeSetName = `${probeName}-stable`
const probeSet = (uid: string) => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: probeSetName, labels: { ...probeLabels, [labels.uid]: uid } },
  spec: {
    replicas: 0,
    serviceName: probeName,
    selector: { matchLabels: { app: probeName } },
    template: { metadata: { labels: { app: probeName } }, spec: { containers: [{ name: 'pause', image }] } },
  },
})
const probePod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: probeName,
    labels: { [labels.role]: 'canary', 'apps.kubernetes.io/pod-index': '7' },
  },
  spec: {
    serviceAccountName: 'canary-operator',
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 65_534, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [
      {
        name: 'pause',
        image,
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      },
    ],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'probe.ordinal' } }],
  },
}

/** Returns once a stranger's change of a managed set is refused; fails after `deadlineMs`. */
export async function guardTakesEffect(deadlineMs: number): Promise<void> {
  const created = ['create', ...inNamespace, '-o', 'jsonpath={.metadata.uid}', '-f', '-']
  const uid = await kubectlOutput(created, probeResource)
  try {
    await kubectlOutput(['create', ...inNamespace, '-f', '-'], probeSet(uid))
    await poll(
      deadlineMs,
      `the guard policy ${guardPolicy} does not refuse a change of a managed set`,
      guardRefuses,
    )
  } finally {
    await removeProbe(deadlineMs)
  }
}

/** Returns once a canary pod's claim name is completed; fails after `deadlineMs`. */
export async function handoverTakesEffect(deadlineMs: number): Promise<void> {
  await poll(
    deadlineMs,
    "the policy canary-claim-handover does not complete a canary pod's claim name",
    async () => {
      const created = ['create', ...inNamespace, '--dry-run=server', '-o', 'json', '-f', '-']
      return (await kubectlOutput(created, probePod)).includes('"claimName": "probe-7"')
    },
  )
}

async function guardRefuses(): Promise<boolean> {
  const change = JSON.stringify({ spec: { replicas: 1 } })
  const target = ['statefulset', probeSetName, ...inNamespace]
  const asProbe = ['--dry-run=server', `--field-manager=${guardProbeManager}`]
  const { ok, stderr } = await kubectl(['patch', ...target, ...asProbe, '--patch', change])
  if (!ok && !stderr.includes(guardPolicy))
    throw new ToolFailure(`the guard could not be probed: ${stderr}`, 1)
  return !ok
}

/** The resource first: once it is gone the guard lets go of the set, a few milliseconds later. */
async function removeProbe(deadlineMs: number): Promise<void> {
  const gone = ['--ignore-not-found', '--timeout=30s']
  await kubectlOutput(['delete', 'canarystatefulset', probeName, ...inNamespace, ...gone])
  await poll(deadlineMs, `the guard still holds the set ${probeSetName} of a deleted resource`, async () => {
    const { ok, stderr } = await kubectl(['delete', 'statefulset', probeSetName, ...inNamespace, ...gone])
    if (!ok && !stderr.includes(guardPolicy)) throw new ToolFailure(stderr, 1)
    return ok
  })
}
