/**
 * Loading image archives into the node's containerd. Where the archives come from is the business of images/.
 */
import { type Box, runInBox } from './box/box.ts'
import { CONTAINERD_SOCKET } from './configuration/node-files.ts'

/** Imports the archives into a running containerd, one after the other: two at once are no faster on two cores. */
export async function importImages(box: Box, archives: readonly string[]): Promise<void> {
  for (const archive of archives) {
    await runInBox(box, ['ctr', '-a', CONTAINERD_SOCKET, '-n', 'k8s.io', 'image', 'import', archive])
  }
}
