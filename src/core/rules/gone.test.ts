import { describe } from 'vitest'
import { newWorld, stableWorld, withResource, world } from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { gone } from './gone.ts'

describe('gone', () => {
  checkRows(gone, [
    { title: 'A living resource goes on to the next rule', given: stableWorld(), decides: 'nothing' },
    {
      title: 'A deleted resource that was let go is gone for us',
      given: world(stableWorld(), withResource({ deleting: true, finalizer: false })),
      decides: 'rest Gone',
      says: 'The resource is gone.',
    },
    {
      title: 'A deleted resource that still has our finalizer goes on to the next rule',
      given: world(stableWorld(), withResource({ deleting: true })),
      decides: 'nothing',
    },
    {
      title: 'A resource without our finalizer yet is not gone',
      given: world(newWorld(), withResource({ finalizer: false })),
      decides: 'nothing',
    },
  ])
})
