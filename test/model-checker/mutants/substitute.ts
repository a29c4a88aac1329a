/**
 * Loaded before anything else in a mutant's process: one file of src/core is another one there. Which, and how, is said
 * in the environment variable MUTANT (JSON).
 */
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { mutated, type Mutant } from './mutant.ts'

const mutant = JSON.parse(process.env['MUTANT'] ?? 'null') as Mutant
const place = pathToFileURL(join(import.meta.dirname, '../../../src/core', mutant.file)).href

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (url !== place) return loaded
    return { ...loaded, source: mutated(Buffer.from(loaded.source as Uint8Array).toString(), mutant) }
  },
})
