/** What is in the volumes of a world, and who wrote it. */
import { withStorage } from './change.ts'
import type { Claim, Content, Volume, World } from './world.ts'

/** The revision that wrote it. */
export function authorOf(content: Content): string {
  return content.replace(/\d+$/, '')
}

export function contentOf({ storage, claims }: World, ordinal: number): Content {
  const claim = claims.find((one) => one.ordinal === ordinal)
  return storage?.volumes.find(({ name }) => name === claim?.volume)?.content ?? ''
}

/** A pod mounts a claim that has its volume. */
export function isBound({ storage }: World, { uid, volume }: Claim): boolean {
  return storage === undefined || storage.volumes.some((one) => one.name === volume && one.claimUid === uid)
}

/** Code of a revision writes to the claim of this ordinal: what others have of it stays as it is. */
export function written(world: World, ordinal: number, revision: string): World {
  const { storage } = world
  const volume = world.claims.find((one) => one.ordinal === ordinal)?.volume
  if (storage === undefined || volume === undefined) return world
  const elsewhere = [...storage.snapshots, ...storage.volumes.filter(({ name }) => name !== volume)].map(
    ({ content }) => content,
  )
  const known = contentOf(world, ordinal)
  if (authorOf(known) === revision && !elsewhere.includes(known)) return world
  let content = revision
  for (let number = 2; elsewhere.includes(content); number++) content = `${revision}${number}`
  return withStorage(world, { ...storage, volumes: changed(storage.volumes, volume, { content }) })
}

export function changed(
  volumes: readonly Volume[],
  name: string,
  change: Partial<Volume>,
): readonly Volume[] {
  return volumes.map((volume) => (volume.name === name ? { ...volume, ...change } : volume))
}
