import { describe, expect, it } from 'vitest'
import { commandIn } from './printed-command.ts'

describe('the command in a sentence', () => {
  it('ends with the sentence, and dots within words are part of it', () => {
    expect(commandIn('It is so. Say: kubectl annotate csts redis a.b/force=x1.2. Or delete it.')).toBe(
      'kubectl annotate csts redis a.b/force=x1.2',
    )
  })
  it('keeps quoted text whole', () => {
    const command = `kubectl patch csts redis -p '{"spec":{"image":"redis. 7"}}'`
    expect(commandIn(`Go on: ${command}`)).toBe(command)
    expect(commandIn(`Go on: ${command}.`)).toBe(command)
  })
  it('is missed where there is none', () => {
    expect(() => commandIn('Nothing to do.')).toThrow('there is no command in: Nothing to do.')
  })
})
