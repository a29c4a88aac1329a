import { describe, expect, it } from 'vitest'

import { shapeFrom, shapeInWords } from './shape.ts'

const NOTHING = { controlPlaneOnly: false, nodes: undefined, fakeNodes: undefined }

describe('the options of up', () => {
  it.each([
    [{}, 'one real node'],
    [{ nodes: '2' }, '2 real nodes'],
    [{ controlPlaneOnly: true }, 'a control plane with one fake node'],
    [{ controlPlaneOnly: true, fakeNodes: '3' }, 'a control plane with 3 fake nodes'],
  ])('%j ask for %s', (options, words) => {
    expect(shapeInWords(shapeFrom({ ...NOTHING, ...options }))).toBe(words)
  })

  it.each([
    [{ nodes: '0' }, '--nodes takes a number from 1 to 9, not "0".'],
    [{ nodes: 'two' }, '--nodes takes a number from 1 to 9, not "two".'],
    [{ nodes: '' }, '--nodes takes a number from 1 to 9, not "".'],
    [{ controlPlaneOnly: true, fakeNodes: '1.5' }, '--fake-nodes takes a number from 1 to 1000, not "1.5".'],
    [{ fakeNodes: '2' }, '--fake-nodes needs --control-plane-only beside it.'],
    [
      { controlPlaneOnly: true, nodes: '2' },
      '--nodes is for real nodes: with --control-plane-only say --fake-nodes N.',
    ],
  ])('%j are refused: %s', (options, sentence) => {
    expect(() => shapeFrom({ ...NOTHING, ...options })).toThrow(sentence)
  })
})
