/**
 * What the operator's source asks before it does something, read off the source itself: each operand of `&&` and `||`, each
 * condition of `if`, of `? :` and of a search in a list, and each precondition of a chain (`??`), which speaks or is silent.
 */
import { parseAst } from 'vitest/node'

export interface Condition {
  /** Says what is asked, and where. */
  readonly title: string
  readonly from: number
  readonly to: number
  /** Speaks where it is not undefined; else holds where it is true. */
  readonly kind: 'holds' | 'speaks'
}

export function conditionsOf(file: string, source: string): readonly Condition[] {
  const found: Condition[] = []
  const seen = new Map<string, number>()

  function add({ start, end }: Node, within: string, kind: Condition['kind']): void {
    const text = source.slice(start, end).replace(/\s+/g, ' ')
    const base = `${file} ${within}: ${text}`
    const count = (seen.get(base) ?? 0) + 1
    seen.set(base, count)
    found.push({ title: count === 1 ? base : `${base} (${count})`, from: start, to: end, kind })
  }

  function walk(node: Node, within: string): void {
    const name = node.type === 'FunctionDeclaration' ? (node.id?.name ?? within) : within
    for (const asked of askedBy(node)) if (isCondition(asked)) add(asked, name, 'holds')
    const before = isChain(node) && isChain(node.left) ? node.left.right : node.left
    if (isChain(node) && before?.type === 'CallExpression') add(before, name, 'speaks')
    for (const child of childrenOf(node)) walk(child, name)
  }

  walk(parseAst(source, { lang: 'ts' }) as unknown as Node, '')
  return found.toSorted((one, other) => one.from - other.from)
}

interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
  readonly id?: { readonly name: string }
  readonly operator?: string
  readonly left?: Node
  readonly right?: Node
  readonly test?: Node
  readonly argument?: Node
  readonly arguments?: readonly Node[]
  readonly callee?: Node & { readonly property?: { readonly name: string } }
  readonly body?: Node
}

const searches = ['find', 'filter', 'some', 'every']

/** What this node asks, as far as it is not asked by a part of it. */
function askedBy(node: Node): readonly Node[] {
  switch (node.type) {
    case 'LogicalExpression':
      return node.operator === '??' ? [] : operands(node.left, node.right)
    case 'IfStatement':
    case 'ConditionalExpression':
      return operands(node.test)
    case 'CallExpression': {
      const [search] = node.arguments ?? []
      const isSearch = searches.includes(node.callee?.property?.name ?? '')
      return isSearch && search?.type === 'ArrowFunctionExpression' ? operands(search.body) : []
    }
    default:
      return []
  }
}

function operands(...nodes: readonly (Node | undefined)[]): readonly Node[] {
  return nodes.flatMap((node) => {
    if (node === undefined) return []
    return node.type === 'UnaryExpression' && node.operator === '!' ? operands(node.argument) : [node]
  })
}

/** What is made where a condition holds is none, nor is one that has conditions of its own. */
function isCondition({ type, operator }: Node): boolean {
  if (type === 'LogicalExpression') return operator === '??'
  return !['ObjectExpression', 'BlockStatement', 'Literal'].includes(type)
}

function isChain(node: Node | undefined): node is Node {
  return node?.type === 'LogicalExpression' && node.operator === '??'
}

function childrenOf(node: Node): readonly Node[] {
  return Object.values(node)
    .flat()
    .filter((value): value is Node => typeof value === 'object' && value !== null && 'type' in value)
}

/** The source, with every condition handed through `__holds` or `__speaks`, with its number from `first` on. */
export function instrumented(source: string, conditions: readonly Condition[], first: number): string {
  const marks = conditions.flatMap(({ from, to, kind }, index) => [
    { at: from, text: `__${kind}(${first + index}, `, outer: to - from },
    { at: to, text: ')', outer: from - to },
  ])
  // Of those that begin at one place the longest comes first, of those that end there the shortest.
  marks.sort((one, other) => one.at - other.at || other.outer - one.outer)
  let text = ''
  let done = 0
  for (const mark of marks) {
    text += source.slice(done, mark.at) + mark.text
    done = mark.at
  }
  return text + source.slice(done)
}
