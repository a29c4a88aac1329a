/** What README says of the demo is what it plays, and what it shows a stranger is what the policy says. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Reason, lastingSentence } from '../src/core/reason.ts'
import { acts } from './walk-through.ts'

const repository = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(repository, file), 'utf8')
const readme = read('README.md')

describe('README', () => {
  it('names the acts in their order', () => {
    const titles = acts.map(({ title }) => `- ${title}`)
    expect(readme).toContain(titles.join('\n'))
  })

  it('quotes the guard', () => {
    const policy = read('config/policies/protect.yaml')
    for (const words of ['is managed by CanaryStatefulSet ', ': change that instead']) {
      expect(policy).toContain(words)
      expect(readme).toContain(words)
    }
  })

  it.each<Reason>([
    { code: 'CanaryStarting', pods: 'redis-canary-2', image: 'redis:6.2.6' },
    { code: 'RollingBack', image: 'redis:6.2.6', cause: 'redis-canary-2 keeps crashing' },
    {
      code: 'RevisionRejected',
      target: { name: 'redis', namespace: 'default' },
      image: 'redis:6.2.6',
      why: 'redis-canary-2 keeps crashing',
    },
  ])('quotes the operator: $code', (reason) => {
    const [first = ''] = lastingSentence(reason).split('. ')
    expect(readme).toContain(first)
  })
})
