/**
 * Names of the objects that belong to a resource, and back from a name to the resource. Names only: whether such an
 * object is ours is told by its labels and owner.
 */

export const stableSuffix = '-stable'
export const canarySuffix = '-canary'

/** Ends a claim name that the hand-over policy has yet to complete; a StatefulSet's own claim names end in a number. */
export const placeholderSuffix = '.ordinal'

export function stableSetName(resource: string): string {
  return resource + stableSuffix
}

export function canarySetName(resource: string): string {
  return resource + canarySuffix
}

/** The claim of one replica of the stable set. */
export function claimName(template: string, resource: string, ordinal: number): string {
  return `${template}-${stableSetName(resource)}-${ordinal}`
}

/** What the hand-over policy turns into the claim of the pod's own ordinal. */
export function placeholderClaimName(template: string, resource: string): string {
  return template + '-' + stableSetName(resource) + placeholderSuffix
}

/** Name of the ControllerRevision that keeps one revision of a resource. */
export function revisionName(resource: string, revision: string): string {
  return `${resource}-${revision}`
}

/** The ordinal in the name of a set's pod; undefined where the name is not one of that set's. */
export function podOrdinal(pod: string, set: string): number | undefined {
  return pod.startsWith(`${set}-`) ? ordinalIn(pod.slice(set.length + 1)) : undefined
}

/** The ordinal of a replica's claim; undefined where the claim is not of these templates of this resource. */
export function claimOrdinal(
  claim: string,
  resource: string,
  templates: readonly string[],
): number | undefined {
  for (const template of templates) {
    const start = `${template}-${stableSetName(resource)}-`
    const ordinal = claim.startsWith(start) ? ordinalIn(claim.slice(start.length)) : undefined
    if (ordinal !== undefined) return ordinal
  }
  return undefined
}

/**
 * Every name that the resource behind a claim (or its placeholder) may have. There can be several, since both the
 * template's and the resource's name may contain dashes: `a-b-c-stable-0` is of `b-c` or of `c`.
 */
export function resourcesOfClaim(claim: string): readonly string[] {
  const match = /^(?<start>.+)-stable(?:-\d+|\.ordinal)$/.exec(claim)
  const words = match?.groups?.['start']?.split('-') ?? []
  return words.slice(1).map((_, index) => words.slice(index + 1).join('-'))
}

/** The resource whose stable or canary set has this name; undefined where no set of ours is called so. */
export function resourceOfSet(set: string): string | undefined {
  const suffix = [stableSuffix, canarySuffix].find((ending) => set.endsWith(ending))
  return suffix === undefined || set === suffix ? undefined : set.slice(0, -suffix.length)
}

function ordinalIn(text: string): number | undefined {
  return /^(0|[1-9]\d*)$/.test(text) ? Number(text) : undefined
}
