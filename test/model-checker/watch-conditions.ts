/**
 * Loaded before the operator's source: hands every condition of it through a counter. Which were seen to hold and not to
 * hold is asked at the end.
 */
import { globSync, readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Condition, conditionsOf, instrumented } from './conditions.ts'

const core = join(import.meta.dirname, '../../src/core')
const files = ['{moves,preconditions,rules,volumes}/*.ts', '{decision,facts,hand-over,steps}.ts']

export interface Watched extends Condition {
  readonly held: boolean
  readonly failed: boolean
}

/** To be called before anything of src/core is imported. */
export function watchConditions(): () => readonly Watched[] {
  const sources = new Map<string, string>()
  const conditions: Condition[] = []
  for (const file of globSync(files, { cwd: core, exclude: ['**/*.test.ts'] }).toSorted()) {
    const source = readFileSync(join(core, file), 'utf8')
    const found = conditionsOf(file, source)
    sources.set(pathToFileURL(join(core, file)).href, instrumented(source, found, conditions.length))
    conditions.push(...found)
  }
  const held = new Uint8Array(conditions.length)
  const failed = new Uint8Array(conditions.length)
  function note<T>(index: number, value: T, isSo: boolean): T {
    if (isSo) held[index] = 1
    else failed[index] = 1
    return value
  }
  Object.assign(globalThis, {
    __holds: (index: number, value: unknown) => note(index, value, Boolean(value)),
    __speaks: (index: number, value: unknown) => note(index, value, value !== undefined),
  })
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context)
      const source = sources.get(url)
      return source === undefined ? loaded : { ...loaded, source }
    },
  })
  return () =>
    conditions.map((condition, index) => ({
      ...condition,
      held: held[index] === 1,
      failed: failed[index] === 1,
    }))
}
