/**
 * Which functions of src/core a decision ran through: what a mutant changes in another one makes no difference to it.
 */
import { withoutWords } from './derive.ts'

interface Place {
  readonly name: string
  readonly from: number
  /** Where its first statement may begin. */
  readonly body: number
  readonly to: number
}

/** Functions of the top level; all are declared in one form. */
function functionsOf(source: string): readonly Place[] {
  const text = withoutWords(source)
  return [...text.matchAll(/^(?:export )?function (\w+)/gm)].map(({ index, 1: name = '' }) => {
    const parameters = endOfBracket(text, text.indexOf('(', index))
    return {
      name,
      from: index,
      body: text.indexOf('{\n', parameters) + 1,
      to: text.indexOf('\n}\n', parameters) + 2,
    }
  })
}

function endOfBracket(text: string, from: number): number {
  let depth = 0
  for (let at = from; ; at++) {
    if ('([{'.includes(text[at] as string)) depth++
    if (')]}'.includes(text[at] as string) && --depth === 0) return at + 1
  }
}

/** The function that this place of the file is in; undefined between them. */
export function functionAt(file: string, source: string, at: number): string | undefined {
  const place = functionsOf(source).find(({ from, to }) => from <= at && at < to)
  return place && `${file} ${place.name}`
}

/** Notes each function as it begins, in `ran` below. */
export function noting(file: string, source: string): string {
  return functionsOf(source).reduceRight(
    (noted, { name, body }) =>
      `${noted.slice(0, body)} globalThis.ran.add('${file} ${name}');${noted.slice(body)}`,
    source,
  )
}

/** What was noted since. */
export function ranIn(work: () => void): ReadonlySet<string> {
  const ran = new Set<string>()
  Object.assign(globalThis, { ran })
  work()
  return ran
}
