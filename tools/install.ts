/**
 * Installs the CRD, the operator's rights and both admission policies with kubectl, in the one right order, and waits
 * until all of it takes effect. Run again it changes nothing. It does not start the operator.
 */
import { join } from 'node:path'
import { ToolFailure, kubectl, kubectlOutput, runTool } from './kubectl.ts'
import { guardTakesEffect, handoverTakesEffect } from './policy-probes.ts'
import { poll } from './poll.ts'

const config = join(import.meta.dirname, '..', 'config')
const crdName = 'crd/canarystatefulsets.app.example.com'
const deadlineMs = 30_000

/** Every step says in one line what it did. */
async function install(): Promise<void> {
  const version = await serverVersion()
  console.log(`install: Kubernetes ${version} answers`)
  await apply('crd.yaml')
  await poll(deadlineMs, 'the resource CanaryStatefulSet is not served', isEstablished)
  console.log('install: the resource CanaryStatefulSet is served')
  await apply('rbac.yaml')
  console.log('install: namespace canary-system, service account canary-operator and its rights are there')
  // After the CRD: without it the guard would deny every change of every set in the cluster.
  await apply('policies/protect.yaml')
  await guardTakesEffect(deadlineMs)
  console.log('install: the guard policy refuses strangers')
  await installHandover(version)
  console.log('install: done; start the operator with `make run`')
}

async function installHandover(version: string): Promise<void> {
  const served = await kubectlOutput(['get', '--raw', '/apis/admissionregistration.k8s.io/v1'])
  if (!served.includes('"mutatingadmissionpolicies"')) {
    console.log(
      `install: Kubernetes ${version} has no MutatingAdmissionPolicy (1.36 has): canaryReplicas above 1 will be refused`,
    )
    return
  }
  await apply('policies/claim-handover.yaml')
  await handoverTakesEffect(deadlineMs)
  console.log('install: the hand-over policy completes the claim names of canary pods')
}

/** Not `kubectl wait`: it fails at once where the API server has not yet written any condition. */
async function isEstablished(): Promise<boolean> {
  const { status } = JSON.parse(await kubectlOutput(['get', crdName, '-o', 'json'])) as {
    readonly status?: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[] | null
    }
  }
  return (
    status?.conditions?.some(({ type, status: value }) => type === 'Established' && value === 'True') ?? false
  )
}

async function apply(file: string): Promise<void> {
  await kubectlOutput(['apply', '-f', join(config, file)])
}

async function serverVersion(): Promise<string> {
  const { ok, stdout, stderr } = await kubectl(['get', '--raw', '/version', '--request-timeout=10s'])
  if (!ok) {
    throw new ToolFailure(
      `no cluster answers to the current kubeconfig: set KUBECONFIG, or start a local cluster with \`make cluster\` (${stderr})`,
      2,
    )
  }
  return /"gitVersion": "v([^"]+)"/.exec(stdout)?.[1] ?? 'of an unknown version'
}

await runTool('install', install)
