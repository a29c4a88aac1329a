/**
 * Label selectors as the API server reads them, for telling on our side what a selector leaves out. What it selects is
 * the server's business: lists and watches are cut by it, not by us.
 */

export type Labels = Readonly<Record<string, string>>

type Requirement = (labels: Labels) => boolean

const key = String.raw`([\w./-]+)`
const exists = new RegExp(`^(!?)\\s*${key}$`)
const equals = new RegExp(String.raw`^${key}\s*(=|==|!=)\s*([\w.-]*)$`)
const isOneOf = new RegExp(String.raw`^${key}\s+(in|notin)\s*\(([^()]*)\)$`)
/** Commas between requirements, not those between the values of one. */
const separator = /,(?![^(]*\))/

/**
 * A function that says whether an object with these labels is certainly not selected. Of a requirement that is not
 * understood here (`<` and `>` on numbers) nothing is certain.
 */
export function leftOutBy(selector: string | undefined): (labels: Labels) => boolean {
  const requirements = (selector ?? '')
    .split(separator)
    .map((text) => requirementOf(text.trim()))
    .filter((requirement) => requirement !== undefined)
  return (labels) => requirements.some((isMet) => !isMet(labels))
}

/** An object without the label meets `!=` and `notin`. */
function requirementOf(text: string): Requirement | undefined {
  const [, not, present] = exists.exec(text) ?? []
  if (present !== undefined) return (labels) => (labels[present] !== undefined) === (not === '')
  const [, name, operator, value] = equals.exec(text) ?? []
  if (name !== undefined) return (labels) => (labels[name] === value) === (operator !== '!=')
  const [, label, within, list = ''] = isOneOf.exec(text) ?? []
  if (label === undefined) return undefined
  const values = new Set<string | undefined>(list.split(',').map((each) => each.trim()))
  return (labels) => values.has(labels[label]) === (within === 'in')
}
