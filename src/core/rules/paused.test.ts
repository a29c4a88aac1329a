import { describe } from 'vitest'
import { stableWorld, withResource, world } from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { paused } from './paused.ts'

describe('paused', () => {
  checkRows(paused, [
    { title: 'Without the annotation the next rule is asked', given: stableWorld(), decides: 'nothing' },
    {
      title: 'A paused resource rests',
      given: world(stableWorld(), withResource({ paused: true })),
      decides: 'rest Paused',
      says: 'Reconciliation is paused by annotation: nothing is changed until it is removed.',
    },
    {
      title: 'A pause does not hold the deletion up',
      given: world(stableWorld(), withResource({ paused: true, deleting: true })),
      decides: 'nothing',
    },
  ])
})
