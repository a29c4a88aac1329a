/**
 * The storage's side: claims with an identity, volumes with a content, snapshots that are cut some time after they were
 * asked for. Only worlds in which snapshots are taken have it.
 */
import type { Action } from '../../src/core/action.ts'
import { withClaims, withStorage } from './change.ts'
import { authorOf, changed, contentOf, isBound, written } from './contents.ts'
import { withWriter } from './ledger.ts'
import { judgeClaimDeleted, judgeDestroyed, judgeRestored, judgeSnapshotDeleted } from './promises-of-data.ts'
import {
  type Claim,
  claimNamed,
  isWriter,
  type Move,
  mounts,
  type Setting,
  type Snapshot,
  type Storage,
  type World,
  Violation,
} from './world.ts'

export const snapshotClass = 'csi'

const shown = new WeakMap<Storage, Storage>()
const byText = new Map<string, Storage>()

/** What the operator's caches show of it: equal ones are one object. */
export function visible(storage: Storage): Storage
export function visible(storage: Storage | undefined): Storage | undefined
export function visible(storage: Storage | undefined): Storage | undefined {
  if (storage === undefined) return undefined
  let view = shown.get(storage)
  if (view === undefined) {
    const volumes = storage.volumes.filter(({ kept }) => kept !== undefined)
    const seen = {
      volumes: volumes.map((volume) => ({ ...volume, content: '' })),
      snapshots: storage.snapshots.map((snapshot) => ({ ...snapshot, content: '', writer: '' })),
      made: {},
    }
    const text = JSON.stringify(seen)
    view = byText.get(text) ?? seen
    byText.set(text, view)
    shown.set(storage, view)
  }
  return view
}

/** A new one of that name: never the uid of an earlier one. */
function numbered(storage: Storage, name: string): { readonly uid: string; readonly storage: Storage } {
  const number = (storage.made[name] ?? 0) + 1
  return { uid: `${name}#${number}`, storage: { ...storage, made: { ...storage.made, [name]: number } } }
}

/** By the set's controller: an empty one. */
export function withEmptyClaim(world: World, ordinal: number): World {
  if (world.storage === undefined)
    return withClaims(world, sorted([...world.claims, { ordinal, deleting: false }]))
  const { uid, storage } = numbered(world.storage, `claim-${ordinal}`)
  const volumes = [...storage.volumes, { name: uid, content: '', claimUid: uid }]
  const claim = { ordinal, deleting: false, uid, volume: uid }
  return withClaims(withStorage(world, { ...storage, volumes }), sorted([...world.claims, claim]))
}

/** By a person, who waits until it is bound: with what its newest snapshot has, or with data of their own where there is none. */
export function withClaimMadeByHand(world: World, ordinal: number): World {
  const snapshot = world.storage?.snapshots.findLast((one) => one.ordinal === ordinal && one.ready)
  if (world.storage === undefined || snapshot === undefined) return withEmptyClaim(world, ordinal)
  const { uid, storage } = numbered(world.storage, `claim-${ordinal}`)
  const claim = { ordinal, deleting: false, uid, source: snapshot.name, volume: uid }
  const volumes = [...storage.volumes, { name: uid, content: snapshot.content, claimUid: uid }]
  return withClaims(withStorage(world, { ...storage, volumes }), sorted([...world.claims, claim]))
}

function sorted(claims: readonly Claim[]): readonly Claim[] {
  return claims.toSorted((one, other) => one.ordinal - other.ordinal)
}

/** What becomes of its volume with it. */
export function withoutClaim(world: World, claim: Claim): World {
  const { storage } = world
  const left = withClaims(
    world,
    world.claims.filter((other) => other !== claim),
  )
  const bound = storage?.volumes.find(({ name }) => name === claim.volume)
  if (storage === undefined || bound === undefined || bound.kept !== undefined) return left
  judgeDestroyed(world, bound)
  return withStorage(left, { ...storage, volumes: storage.volumes.filter((volume) => volume !== bound) })
}

export function storageMoves(world: World, { storageNever }: Setting): Move[] {
  const { storage, claims } = world
  if (storage === undefined) return []
  const cut = storage.snapshots
    .filter(({ ready, deleting }) => !ready && !deleting && storageNever !== 'snapshots')
    .flatMap((snapshot) => cutMoves(world, storage, snapshot))
  const made = claims
    .filter(({ volume, deleting }) => volume === undefined && !deleting && storageNever !== 'provisions')
    .flatMap((claim) => provisionMoves(world, storage, claim))
  const gone = storage.snapshots
    .filter((snapshot) => snapshot.deleting && !isHeld(world, snapshot) && storageNever !== 'deletes')
    .map((snapshot) => ({
      what: `snapshot ${snapshot.name} is gone`,
      world: withStorage(world, {
        ...storage,
        snapshots: storage.snapshots.filter((other) => other !== snapshot),
      }),
    }))
  return [...cut, ...made, ...gone]
}

function isHeld({ claims }: World, { name, ready }: Snapshot): boolean {
  return ready && claims.some(({ source, volume }) => source === name && volume === undefined)
}

/** What is cut is what has the name now, whatever was meant. One that writes goes on. */
function cutMoves(world: World, storage: Storage, snapshot: Snapshot): Move[] {
  const claim = world.claims.find(({ ordinal }) => ordinal === snapshot.ordinal)
  if (claim === undefined || claim.deleting || !isBound(world, claim)) return []
  const content = contentOf(world, claim.ordinal)
  const noted = world.ledger.writers[claim.ordinal] ?? ''
  const { rollout, id } = world.stable?.record ?? {}
  const isLate = rollout === undefined || rollout.decision === 'rollback' || id !== snapshot.attempt
  const ready: Snapshot = {
    ...snapshot,
    ready: true,
    ...(isLate && { late: true }),
    age: 0,
    content,
    writer: noted,
  }
  const snapshots = storage.snapshots.map((other) => (other === snapshot ? ready : other))
  const after = withStorage(world, { ...storage, snapshots })
  const writer = world.pods.find((pod) => mounts(pod, claim.ordinal) && isWriter(pod))
  return [
    {
      what: `snapshot ${snapshot.name} is ready`,
      world: writer === undefined ? after : written(after, claim.ordinal, writer.revision),
    },
  ]
}

function provisionMoves(world: World, storage: Storage, claim: Claim): Move[] {
  const { uid, source } = claim
  if (uid !== undefined && isBackup(world, source)) return [emptyVolume(world, storage, { ...claim, uid })]
  const snapshot = storage.snapshots.find(({ name, ready }) => name === source && ready)
  if (snapshot === undefined || uid === undefined) return []
  judgeRestored(world, snapshot)
  const { content, writer } = snapshot
  const volumes = [...storage.volumes, { name: uid, content, claimUid: uid }]
  const claims = world.claims.map((other) => (other === claim ? { ...claim, volume: uid } : other))
  const bound = withClaims(withStorage(world, { ...storage, volumes }), claims)
  return [
    {
      what: `claim ${claim.ordinal} is made of ${claim.source}`,
      world: withAuthor(bound, claim.ordinal, writer),
    },
  ]
}

/** For a Job to fill. */
function emptyVolume(world: World, storage: Storage, claim: Claim & { readonly uid: string }): Move {
  const { uid, ordinal } = claim
  const volumes = [...storage.volumes, { name: uid, content: '', claimUid: uid }]
  const claims = world.claims.map((other) => (other.uid === uid ? { ...other, volume: uid } : other))
  const bound = withClaims(withStorage(world, { ...storage, volumes }), claims)
  return { what: `claim ${ordinal} gets an empty volume`, world: withWriter(bound, ordinal, '') }
}

function isBackup({ storage }: World, source: string | undefined): boolean {
  return storage?.backups?.some(({ name }) => name === source) ?? false
}

export function withAuthor(world: World, ordinal: number, writer: string): World {
  const { rollout, proven } = world.stable?.record ?? {}
  // Of what was forced in, or never worked, everything may be opened by everybody.
  const isReleased = proven === false || (rollout?.unrestored?.includes(ordinal) ?? false)
  const isMarked = writer === '' || writer.endsWith('!')
  return withWriter(world, ordinal, isReleased && !isMarked ? `${writer}!` : writer)
}

type StorageAction = Extract<
  Action,
  {
    kind:
      | 'createSnapshot'
      | 'deleteSnapshot'
      | 'keepVolume'
      | 'deleteClaim'
      | 'createClaim'
      | 'freeVolume'
      | 'releaseVolume'
  }
>

/** The API server's side; undefined where it refuses. */
export function carryOutOnStorage(world: World, action: StorageAction): World | undefined {
  const { storage } = world
  if (storage === undefined) throw new Violation(`${action.kind} where no snapshots are taken`)
  switch (action.kind) {
    case 'createSnapshot':
      return createSnapshot(world, storage, action)
    case 'deleteSnapshot':
      return deleteSnapshot(world, action.snapshot.uid)
    case 'keepVolume':
      return keepVolume(world, storage, action)
    case 'deleteClaim':
      return deleteClaim(world, action.claim.uid)
    case 'createClaim':
      return createClaim(world, storage, action)
    case 'freeVolume': {
      const found = storage.volumes.find(({ name }) => name === action.volume.name)
      if (found?.kept === undefined) return undefined
      const volumes = changed(storage.volumes, found.name, { claimUid: undefined })
      return withStorage(world, { ...storage, volumes })
    }
    case 'releaseVolume':
      return releaseVolume(world, storage, action.volume.name)
  }
}

/** What it was provisioned with says that it goes with its claim; where that is gone it goes at once. */
function releaseVolume(world: World, storage: Storage, name: string): World | undefined {
  const found = storage.volumes.find((volume) => volume.name === name)
  if (found?.kept === undefined) return undefined
  const { kept: _, ...own } = found
  const isBack = world.claims.some(({ volume }) => volume === name)
  const volumes = isBack
    ? storage.volumes.map((volume) => (volume === found ? own : volume))
    : storage.volumes.filter((volume) => volume !== found)
  return withStorage(world, { ...storage, volumes })
}

type ActionOf<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>

function createSnapshot(
  world: World,
  before: Storage,
  { snapshot: name, claim, attempt, pod }: ActionOf<'createSnapshot'>,
): World | undefined {
  if (before.snapshots.some((other) => other.name === name)) return undefined
  const { uid, storage } = numbered(before, name)
  const snapshot: Snapshot = {
    name,
    uid,
    ordinal: claimNamed(claim.name),
    attempt,
    claimUid: claim.uid,
    ...(pod !== undefined && { pod }),
    ready: false,
    deleting: false,
    age: 0,
    content: '',
    writer: '',
  }
  const snapshots = [...storage.snapshots, snapshot].toSorted((one, other) =>
    one.name < other.name ? -1 : 1,
  )
  return withStorage(world, { ...storage, snapshots })
}

/** By the operator; a person deletes what they like (people.ts). */
function deleteSnapshot(world: World, uid: string): World | undefined {
  const snapshot = world.storage?.snapshots.find((one) => one.uid === uid)
  if (snapshot === undefined) return undefined
  judgeSnapshotDeleted(world, snapshot)
  return withSnapshotDeleting(world, snapshot)
}

/** It goes when no claim is being made of it. */
export function withSnapshotDeleting(world: World, snapshot: Snapshot): World | undefined {
  const { storage } = world
  if (storage === undefined || snapshot.deleting) return undefined
  const deleting = { ...snapshot, deleting: true }
  const snapshots = storage.snapshots.map((other) => (other === snapshot ? deleting : other))
  return withStorage(world, { ...storage, snapshots })
}

/** Claim and volume are read when it is sent, and the volume's resourceVersion goes with it. */
function keepVolume(
  world: World,
  storage: Storage,
  { volume, claim, attempt, restored }: ActionOf<'keepVolume'>,
): World | undefined {
  const found = storage.volumes.find(({ name }) => name === volume)
  const isThat = found?.claimUid === claim.uid && world.claims.some(({ uid }) => uid === claim.uid)
  if (!isThat) return undefined
  const kept = {
    ordinal: claimNamed(claim.name),
    claimUid: claim.uid,
    attempt,
    ...(restored && { restored }),
  }
  return withStorage(world, { ...storage, volumes: changed(storage.volumes, volume, { kept }) })
}

function deleteClaim(world: World, uid: string): World | undefined {
  const claim = world.claims.find((one) => one.uid === uid)
  if (claim === undefined || claim.deleting) return undefined
  judgeClaimDeleted(world, claim)
  return withClaims(
    world,
    world.claims.map((other) => (other === claim ? { ...claim, deleting: true } : other)),
  )
}

/** As the note on the kept volume has it. */
function createClaim(
  world: World,
  before: Storage,
  { claim: name, volume, snapshot, backup }: ActionOf<'createClaim'>,
): World | undefined {
  const ordinal = claimNamed(name)
  const kept = before.volumes.find((one) => one.name === volume)
  if (kept?.kept?.ordinal !== ordinal || world.claims.some((one) => one.ordinal === ordinal)) return undefined
  if (snapshot !== undefined && !before.snapshots.some(({ uid }) => uid === snapshot.uid)) return undefined
  const source = snapshot?.name ?? backup
  const { uid, storage } = numbered(before, `claim-${ordinal}`)
  const claim = {
    ordinal,
    deleting: false,
    uid,
    ...(source === undefined ? { volume } : { source }),
  }
  const isTaken = source === undefined && kept.claimUid === undefined
  const volumes = isTaken ? changed(storage.volumes, volume, { claimUid: uid }) : storage.volumes
  const after = withClaims(withStorage(world, { ...storage, volumes }), sorted([...world.claims, claim]))
  return isTaken ? withAuthor(after, ordinal, authorOf(kept.content)) : after
}
