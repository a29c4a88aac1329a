import { persistentVolumes } from '../test/harness/objects.ts'
import type { Place } from './rollout-script.ts'

/** Those that restores have kept aside, which nobody else deletes. */
export async function letVolumesGo({ rest, namespace }: Place): Promise<void> {
  const { items } = await rest.list(persistentVolumes, {})
  const kept = items.filter(
    ({ spec }) => spec.claimRef?.namespace === namespace && spec.persistentVolumeReclaimPolicy === 'Retain',
  )
  for (const { metadata } of kept) await rest.delete(persistentVolumes, { name: metadata.name })
}
