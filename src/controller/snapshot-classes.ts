/**
 * Which VolumeSnapshotClass is for which claim: the one that is named, the default of the claim's driver, or its only one. What is
 * ambiguous is refused in words, since a snapshot of the wrong class may well be taken, and be no way back. Nor is one of a claim whose
 * class makes no volumes: the claim that is made of it would be bound to any volume that is free, with whatever is in that.
 */
import type { Question } from '../core/question.ts'
import type { Names } from '../core/record.ts'
import { isNotFound } from '../kube/client/api-error.ts'
import type { Rest } from '../kube/client/rest.ts'
import type { Verdict } from './answers.ts'
import {
  claims,
  type RawClaim,
  type RawSnapshotClass,
  type RawVolume,
  snapshotClasses,
  storageClasses,
  volumes,
} from './resources.ts'

type ClassesQuestion = Extract<Question, { readonly kind: 'snapshotClasses' }>

export interface ClassesContext {
  readonly rest: Rest
  readonly namespace: string
  readonly signal: AbortSignal
}

/** Throws what is no answer. */
export async function findSnapshotClasses(
  { policy, className, claims: names }: ClassesQuestion,
  { rest, namespace, signal }: ClassesContext,
): Promise<Verdict> {
  const found = await classesOf(rest, signal)
  if (found === undefined) return none(policy, 'the cluster has no VolumeSnapshots')
  const chosen: Record<string, string> = {}
  for (const [template, claim] of Object.entries(names)) {
    const wanted = await rest.get(claims, { namespace, name: claim }, { signal })
    const volume = await volumeOf(rest, wanted, signal)
    if (volume === undefined)
      return none(policy, `claim ${claim} has no volume yet, as has no other of its kind`)
    const driver = volume.spec.csi?.driver
    if (driver === undefined) return none(policy, `the volume of claim ${claim} is not a CSI driver's`)
    const unmade = await whyUnmade(rest, wanted, signal)
    if (unmade !== undefined) return none(policy, unmade)
    const choice = choose(found, { driver, className, claim })
    if (choice.kind === 'one') chosen[template] = choice.name
    else return choice.kind === 'none' ? none(policy, choice.message) : no(choice.message)
  }
  return some(chosen)
}

async function classesOf(rest: Rest, signal: AbortSignal): Promise<readonly RawSnapshotClass[] | undefined> {
  try {
    return (await rest.list(snapshotClasses, { signal })).items
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

async function volumeOf(rest: Rest, { spec }: RawClaim, signal: AbortSignal): Promise<RawVolume | undefined> {
  return spec?.volumeName ? rest.get(volumes, { name: spec.volumeName }, { signal }) : undefined
}

/** Older than the field, and stronger (Kubernetes' own annotation). */
const classAnnotation = 'volume.beta.kubernetes.io/storage-class'

/** Why no volume would be made for such a claim; undefined where one would. */
async function whyUnmade(
  rest: Rest,
  { metadata, spec }: RawClaim,
  signal: AbortSignal,
): Promise<string | undefined> {
  const name = metadata.annotations?.[classAnnotation] ?? spec?.storageClassName
  const anew = 'so that a claim made from a snapshot would get no volume of its own'
  if (!name) return `claim ${metadata.name} has no StorageClass, ${anew}`
  const found = await rest.getIfExists(storageClasses, { name }, { signal })
  if (found === undefined)
    return `StorageClass ${name} of claim ${metadata.name} does not exist any more, ${anew}`
  return found.provisioner === 'kubernetes.io/no-provisioner'
    ? `StorageClass ${name} of claim ${metadata.name} makes no volumes, ${anew}`
    : undefined
}

type Choice =
  | { readonly kind: 'one'; readonly name: string }
  | { readonly kind: 'none' | 'refused'; readonly message: string }

interface Wanted {
  readonly driver: string
  readonly className: string | undefined
  readonly claim: string
}

const defaultClass = 'snapshot.storage.kubernetes.io/is-default-class'

function choose(found: readonly RawSnapshotClass[], { driver, className, claim }: Wanted): Choice {
  const fitting = found.filter((one) => one.driver === driver)
  if (className !== undefined) {
    if (fitting.some(({ metadata }) => metadata.name === className)) return { kind: 'one', name: className }
    const other = found.find(({ metadata }) => metadata.name === className)
    const message =
      other === undefined
        ? `VolumeSnapshotClass ${className} does not exist`
        : `VolumeSnapshotClass ${className} is of driver ${other.driver}, and claim ${claim} of ${driver}`
    return { kind: 'refused', message }
  }
  const defaults = fitting.filter(({ metadata }) => metadata.annotations?.[defaultClass] === 'true')
  const candidates = defaults.length > 0 ? defaults : fitting
  const names = candidates.map(({ metadata }) => metadata.name).toSorted()
  const [name] = names
  if (name === undefined)
    return { kind: 'none', message: `driver ${driver} of claim ${claim} has no VolumeSnapshotClass` }
  if (names.length === 1) return { kind: 'one', name }
  const which =
    defaults.length > 0 ? 'default VolumeSnapshotClasses' : 'VolumeSnapshotClasses, none of them the default'
  return { kind: 'refused', message: `driver ${driver} has several ${which}: ${names.join(', ')}` }
}

function some(found: Names): Verdict {
  return { yes: true, warnings: [], snapshotClasses: found }
}

/** Auto goes without; nobody who requires them does. */
function none(policy: ClassesQuestion['policy'], message: string): Verdict {
  return policy === 'Required' ? no(message) : { yes: true, warnings: [message] }
}

function no(message: string): Verdict {
  return { yes: false, message, final: false }
}
