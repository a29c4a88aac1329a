/** All mutants, and what of the source is left out since this model does not have what it is about. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { byHand } from './by-hand.ts'
import { mutantsOf } from './derive.ts'
import type { Mutant } from './mutant.ts'
import { functionAt } from './ran.ts'

export const core = join(import.meta.dirname, '../../../src/core')

const files = [
  'moves/*.ts',
  'preconditions/*.ts',
  'rules/*.ts',
  'jobs/{migration,irreversible}.ts',
  'volumes/snapshots.ts',
  'hand-over.ts',
  'steps.ts',
  'facts.ts',
]

/** Titles that match are no mutants here: nothing in the model could notice, and tables beside the source do. */
export const elsewhere: readonly (readonly [title: RegExp, why: string])[] = [
  [
    /^rules\/(?:gone|unmatched|two-writers)\.ts/,
    '`rules/gone.ts`, `rules/unmatched.ts`, `rules/two-writers.ts`: no world of the model brings them about, or a promise would be broken before (tables beside them)',
  ],
  [
    /^rules\/settings\.ts|^moves\/retain\.ts|retain(?:s|ed)?\b/,
    'retention of claims and the other settings of the sets (`rules/settings.test.ts`, and on the real cluster)',
  ],
  [
    /^moves\/(?:make|release)-service\.ts|^rules\/(?:service|edited)\.ts|headlessService|releaseService|putBackTemplate/,
    'the headless Service, and what strangers edit in templates (`rules/service.test.ts`, `rules/edited.test.ts`, `moves/make-service.test.ts`)',
  ],
  [
    /isOutdated: without (?:pod\.hash|set\.hash|isOfEdit)|makeWhole: without isEdited|lower: without stable\.partition === undefined/,
    "what is left of strangers' edits (`facts.test.ts`, `rules/edited.test.ts`, `rules/orphan.test.ts`)",
  ],
  [/isFinished/, "strangers' pods that have ended (`facts.test.ts`)"],
  [
    /(?:versionOf|imageOf|heldEdits|blocked|remove): |without \{ (?:trouble|bakeSeconds|pause|cause)/,
    'what is only a word for people (tables beside the rules, golden traces)',
  ],
]

export function allMutants(): readonly Mutant[] {
  const sources = new Map<string, string>()
  const sourceOf = (file: string): string => {
    const source = sources.get(file) ?? readFileSync(join(core, file), 'utf8')
    sources.set(file, source)
    return source
  }
  const derived = files
    .flatMap((pattern) => globSync(pattern, { cwd: core, exclude: ['**/*.test.ts'] }).toSorted())
    .flatMap((file) => mutantsOf(file, sourceOf(file)))
  return [
    ...byHand(sourceOf),
    ...derived.filter(({ title }) => !elsewhere.some(([not]) => not.test(title))),
  ].map((mutant) => ({ ...mutant, within: functionAt(mutant.file, sourceOf(mutant.file), mutant.from) }))
}
