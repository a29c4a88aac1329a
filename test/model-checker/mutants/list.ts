/** All mutants, and what of the source is left out since this model does not have what it is about. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { byHand } from './by-hand.ts'
import { mutantsOf } from './derive.ts'
import type { Mutant } from './mutant.ts'

export const core = join(import.meta.dirname, '../../../src/core')

const files = ['moves/*.ts', 'preconditions/*.ts', 'rules/*.ts', 'hand-over.ts', 'steps.ts', 'facts.ts']

/** Titles that match are no mutants here: nothing in the model could notice, and tables beside the source do. */
export const elsewhere: readonly (readonly [title: RegExp, why: string])[] = [
  [/^rules\/(?:gone|ownership|unmatched|two-writers)\.ts/, 'rules that no world of the model brings about'],
  [/^rules\/settings\.ts|^moves\/retain\.ts|retain(?:s|ed)?\b/, 'retention and settings of the sets'],
  [
    /\b(?:canary|set|stable)\??\.deleting|\.ours\b/,
    'sets of strangers, and sets that are deleted but not yet gone',
  ],
  [/foreign|isFinished|claimsFree/i, 'pods of strangers on our claims'],
  [/hash|unprotected|\bserviceExists/, 'the controller-revision-hash as approval, unprotected, the Service'],
  [/ completeClaims|handover/, 'pods that were made before the hand-over policy was in force'],
  [/(?:versionOf|imageOf|heldEdits|blocked|remove|standing|replicasLacking|waiting): /, 'words for people'],
  [
    /annotations\.ts (?:\w+Standing|asksLater)/,
    'with which words an annotation that cannot count is removed',
  ],
  [/without \{ (?:trouble|bakeSeconds|pause|cause)|annotations\.ts annotations:/, 'words for people'],
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
  return [...byHand(sourceOf), ...derived.filter(({ title }) => !elsewhere.some(([not]) => not.test(title)))]
}
