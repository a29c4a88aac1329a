/**
 * The source once more, with one mutant in its place: every module of src/core is loaded anew, under a URL that ends in the
 * number of the copy; and those of the model checker, where that asks the mutant itself.
 */
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as Plan from '../../../src/core/plan.ts'
import type * as Explore from '../explore.ts'
import { core } from './list.ts'
import { mutated, type Mutant } from './mutant.ts'
import { noting } from './ran.ts'

const here = pathToFileURL(join(import.meta.dirname, '..')).href
const there = pathToFileURL(core).href
const numbered = /^(.+)\?copy=(\d+)$/

/** How the sources of a copy are changed, by its number. */
type Change = (file: string, source: string) => string
const changes: Change[] = []

registerHooks({
  resolve(specifier, context, nextResolve) {
    const resolved = nextResolve(specifier, context)
    const [, , number] = numbered.exec(context.parentURL ?? '') ?? []
    const isCopied = number !== undefined && [here, there].some((folder) => resolved.url.startsWith(folder))
    return isCopied ? { ...resolved, url: `${resolved.url}?copy=${number}` } : resolved
  },
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    const [, place = '', number] = numbered.exec(url) ?? []
    const change = changes[Number(number)]
    if (change === undefined || !place.startsWith(there)) return loaded
    const source = Buffer.from(loaded.source as Uint8Array).toString()
    return { ...loaded, source: change(place.slice(there.length + 1), source) }
  },
})

/** Its `plan`, for the one model checker. */
export async function loadPlan(mutant: Mutant): Promise<typeof Plan.plan> {
  const { plan } = (await copyOf('../../src/core/plan.ts', changeOf(mutant))) as typeof Plan
  return plan
}

/** A model checker of its own. */
export async function loadExplore(mutant: Mutant): Promise<typeof Explore.explore> {
  const { explore } = (await copyOf('explore.ts', changeOf(mutant))) as typeof Explore
  return explore
}

/** The operator as it is, noting which functions it runs through. */
export async function loadNoting(): Promise<typeof Plan.plan> {
  const { plan } = (await copyOf('../../src/core/plan.ts', noting)) as typeof Plan
  return plan
}

function changeOf(mutant: Mutant): Change {
  return (file, source) => (file === mutant.file ? mutated(source, mutant) : source)
}

function copyOf(path: string, change: Change): Promise<unknown> {
  return import(`${here}/${path}?copy=${changes.push(change) - 1}`)
}
