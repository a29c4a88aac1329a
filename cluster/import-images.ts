/**
 * Loading image archives into the containerd of each real node. Where the archives come from is the business of images/.
 */
import { type Box, runInBox } from './box/box.ts'
import { containerdSocket } from './configuration/node-files.ts'
import type { RealNode } from './nodes.ts'

/** Imports the archives into a running containerd, one after the other: two at once are no faster on two cores. */
export async function importImages(box: Box, node: RealNode, archives: readonly string[]): Promise<void> {
  for (const archive of archives) {
    await runInBox(box, ['ctr', '-a', containerdSocket(node), '-n', 'k8s.io', 'image', 'import', archive])
  }
}
