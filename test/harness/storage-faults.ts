/** Storage that fails on purpose, for the claims of one namespace (cluster/programs/csi-driver/faults.go). */
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Space } from './space.ts'

/** From now on; lifted by what it returns, at the latest when the test ends. */
export function strikeStorage(
  { namespace }: Space,
  operation: 'create-volume' | 'create-snapshot',
  fault: string,
): () => void {
  const directory = join(dirname(process.env['KUBECONFIG'] ?? ''), '..', 'csi', 'faults')
  const file = join(directory, `${operation}.${namespace}`)
  writeFileSync(`${directory}/.${namespace}`, `${fault}\n`)
  renameSync(`${directory}/.${namespace}`, file)
  const lift = () => rmSync(file, { force: true })
  onTestFinished(lift)
  return lift
}
