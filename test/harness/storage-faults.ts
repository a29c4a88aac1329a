/** Storage that fails on purpose, for the claims of one namespace or one of them (cluster/programs/csi-driver/faults.go). */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { isNotFound } from '../../src/kube/client/api-error.ts'
import { volumeSnapshots } from './objects.ts'
import type { Space } from './space.ts'

/** From now on; lifted by what it returns, at the latest when the test ends. */
export function strikeStorage(
  space: Space,
  operation: 'create-volume' | 'create-snapshot',
  fault: string,
  claim?: string,
): () => void {
  const { namespace } = space
  const directory = join(dirname(process.env['KUBECONFIG'] ?? ''), '..', 'csi', 'faults')
  const scope = claim === undefined ? namespace : `${namespace}.${claim}`
  const file = join(directory, `${operation}.${scope}`)
  writeFileSync(`${directory}/.${scope}`, `${fault}\n`)
  renameSync(`${directory}/.${scope}`, file)
  const lift = () => rmSync(file, { force: true })
  onTestFinished(async () => {
    lift()
    if (operation === 'create-volume') await letSnapshotsGo(space)
  })
  return lift
}

/** The provisioner leaves its finalizer on a snapshot that it began to make a volume from, and did not. */
async function letSnapshotsGo({ rest, namespace }: Space): Promise<void> {
  const body = { metadata: { finalizers: null } }
  const { items } = await rest.list(volumeSnapshots, { namespace })
  for (const { metadata } of items) {
    try {
      await rest.patch(volumeSnapshots, { namespace, name: metadata.name }, { type: 'merge', body })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}
