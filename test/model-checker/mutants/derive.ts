/**
 * Mutants that follow from the text of a source file alone: each operand of a chain of calls (`??`), each conjunct and
 * disjunct (`&&`, `||`), each `if (...) return ...` taken away, and each pair of neighbours in the list of rules
 * swapped. The files are of one format, so a few characters tell where an operand begins and ends.
 */
import type { Mutant } from './mutant.ts'

export function mutantsOf(file: string, source: string): readonly Mutant[] {
  const text = withoutWords(source)
  const changes = [...operandsOf(text), ...guardsOf(text), ...neighboursOf(text)]
  return named(file, source, changes)
}

/** The compiler keeps these: without them the file has no types. */
const ofTypes = /^\w+ [!=]== undefined$/

/** Not this one: what was found is said. */
const handsOn = /^ *if \((\w+) !== undefined\) return \1\n/

interface Change {
  readonly from: number
  readonly to: number
  readonly by?: string
  /** What the title quotes. */
  readonly quoted: readonly [from: number, to: number]
  readonly verb?: string
}

/** Comments, strings and templates, in which operators and brackets mean nothing, become as many spaces or letters. */
export function withoutWords(source: string): string {
  const words = /\/\*[\s\S]*?\*\/|\/\/.*|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g
  return source.replace(words, (found) => found.replace(/[^\n]/g, found.startsWith('/') ? ' ' : '_'))
}

function operandsOf(text: string): readonly Change[] {
  return [...text.matchAll(/\?\?|&&|\|\|/g)].flatMap(({ 0: operator, index }) => {
    const left = trimmed(text, leftEnd(text, index), index)
    const right = trimmed(text, index + 2, rightEnd(text, index + 2))
    if (operator === '??' && !text.slice(...left).includes('(')) return []
    const isOfTypes = (operand: readonly [number, number]) => ofTypes.test(text.slice(...operand))
    const withoutLeft: Change = { from: left[0], to: right[0], quoted: left }
    const withoutRight: Change = { from: left[1], to: right[1], quoted: right }
    // The operand between two operators of a chain is the left one of the second.
    const isLast = !text.startsWith(operator, rightEnd(text, index + 2))
    return [...(isOfTypes(left) ? [] : [withoutLeft]), ...(isLast && !isOfTypes(right) ? [withoutRight] : [])]
  })
}

const ends = /\?\?|&&|\|\||[;,]|=>|[^=!<>]=(?!=)|\?(?![.?])|:|\breturn\b|\bconst\b|\.\.\./y
const opening = '([{'
const closing = ')]}'

/** Where the operand that begins at `from` ends: at the next operator of its level, or where its bracket closes. */
function rightEnd(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const character = text[at] as string
    if (opening.includes(character)) depth++
    if (closing.includes(character) && depth-- === 0) return at
    if (depth === 0 && (isEnd(text, at) || isLastOfStatement(text, from, at))) return at
  }
  return text.length
}

/** No semicolons here: a statement goes on in the next line only where an operator stands at either side. */
function isLastOfStatement(text: string, from: number, at: number): boolean {
  return text[at] === '\n' && text.slice(from, at).trim() !== '' && !/^\s*[?:.]/.test(text.slice(at))
}

/** Where the operand that ends at `to` begins. */
function leftEnd(text: string, to: number): number {
  let depth = 0
  for (let at = to - 1; at >= 0; at--) {
    const character = text[at] as string
    if (closing.includes(character)) depth++
    if (opening.includes(character) && depth-- === 0) return at + 1
    if (depth === 0 && isEnd(text, at)) return at + (lengthOfEnd(text, at) ?? 1)
  }
  return 0
}

function isEnd(text: string, at: number): boolean {
  return lengthOfEnd(text, at) !== undefined
}

function lengthOfEnd(text: string, at: number): number | undefined {
  ends.lastIndex = at
  return ends.exec(text)?.[0].length
}

function trimmed(text: string, from: number, to: number): [number, number] {
  const part = text.slice(from, to)
  return [from + part.length - part.trimStart().length, from + part.trimEnd().length]
}

function guardsOf(text: string): readonly Change[] {
  return [...text.matchAll(/^ *if \(/gm)].flatMap(({ 0: found, index }) => {
    const condition = index + found.length
    const closed = rightEndOfBracket(text, condition)
    const body = /^\s*return\b/.exec(text.slice(closed + 1))
    const alternatives = text.slice(condition, closed).split('||')
    const isOfTypes = alternatives.every((alternative) => ofTypes.test(alternative.trim()))
    if (body === null || (isOfTypes && !handsOn.test(text.slice(index)))) return []
    const end = endOfStatement(text, closed + 1 + body[0].length)
    return [{ from: index, to: end, quoted: [condition, closed] as const, verb: 'the guard' }]
  })
}

function rightEndOfBracket(text: string, from: number): number {
  let depth = 0
  for (let at = from; ; at++) {
    const character = text[at] as string
    if (opening.includes(character)) depth++
    if (closing.includes(character) && depth-- === 0) return at
  }
}

/** No semicolons here: a statement ends where the next line is not deeper than its first. */
function endOfStatement(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    const character = text[at] as string
    if (opening.includes(character)) depth++
    if (closing.includes(character)) depth--
    if (depth === 0 && character === '\n' && !/^\s*(?:[?:]|&&|\|\|)/.test(text.slice(at + 1))) return at
  }
  return text.length
}

/** Only rules.ts has such lines. */
function neighboursOf(text: string): readonly Change[] {
  const lines = [...text.matchAll(/^ {2}\[_+, (\w+)\],/gm)]
  return lines.slice(1).flatMap((line, index) => {
    const before = lines[index]
    if (before === undefined) return []
    const to = line.index + line[0].length
    return [{ from: before.index, to, by: 'swap', quoted: [before.index, to] as const, verb: 'the order of' }]
  })
}

function named(file: string, source: string, changes: readonly Change[]): readonly Mutant[] {
  const seen = new Map<string, number>()
  return changes.map(({ from, to, by, quoted, verb }) => {
    const isSwap = by === 'swap'
    const quote = isSwap
      ? [...source.slice(...quoted).matchAll(/'(\w+)'/g)].map(([, rule]) => rule).join(' before ')
      : source.slice(...quoted).replace(/\s+/g, ' ')
    const within = /^(?:export )?function (\w+)(?![\s\S]*^(?:export )?function )/m.exec(source.slice(0, from))
    const base = `${file} ${within?.[1] ?? ''}: without ${verb === undefined ? '' : `${verb} `}${quote}`
    const count = (seen.get(base) ?? 0) + 1
    seen.set(base, count)
    const title = count === 1 ? base : `${base} (${count})`
    return { title, file, from, to, by: isSwap ? swapped(source.slice(from, to)) : (by ?? '') }
  })
}

function swapped(text: string): string {
  const [one = '', ...others] = text.split('\n')
  return [...others, one].join('\n')
}
