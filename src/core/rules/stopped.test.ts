import { describe } from 'vitest'
import { newWorld, stableWorld, withResource, world } from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { stopped } from './stopped.ts'

describe('stopped', () => {
  checkRows(stopped, [
    { title: 'A living resource goes on to the next rule', given: stableWorld(), then: 'nothing' },
    {
      title: 'A deleted resource that was let go is gone for us',
      given: world(stableWorld(), withResource({ deleting: true, finalizer: false })),
      then: 'rest Gone',
      says: 'The resource is gone.',
    },
    {
      title: 'A deleted resource that still has our finalizer goes on to the next rule',
      given: world(stableWorld(), withResource({ deleting: true })),
      then: 'nothing',
    },
    {
      title: 'A resource without our finalizer yet is not gone',
      given: world(newWorld(), withResource({ finalizer: false })),
      then: 'nothing',
    },
    {
      title: 'A paused resource rests',
      given: world(stableWorld(), withResource({ paused: true })),
      then: 'rest Paused',
      says: 'Reconciliation is paused by annotation: nothing is changed until it is removed.',
    },
    {
      title: 'A pause does not hold the deletion up',
      given: world(stableWorld(), withResource({ paused: true, deleting: true })),
      then: 'nothing',
    },
  ])
})
