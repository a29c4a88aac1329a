import { describe } from 'vitest'
import type { Facts } from '../facts.ts'
import {
  aClaim,
  newWorld,
  stableWorld,
  withClaimDeleting,
  withClaims,
  withSpec,
  withStable,
  world,
} from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { setReplicas } from './set-replicas.ts'

const toSpec = (facts: Facts) => setReplicas(facts, { code: 'Healing', image: 'redis:6' })

describe('setReplicas', () => {
  checkRows(toSpec, [
    { title: 'Without a stable set there is nothing to scale', given: newWorld(), decides: 'nothing' },
    { title: 'As many replicas as there should be', given: stableWorld(), decides: 'nothing' },
    {
      title: 'More',
      given: world(stableWorld(), withSpec({ replicas: 5 })),
      decides: 'act scale',
      change: { replicas: 5 },
    },
    {
      title: 'Fewer',
      given: world(stableWorld(), withSpec({ replicas: 0 })),
      decides: 'act scale',
      change: { replicas: 0 },
    },
    {
      title: 'Fewer only when claims are retained: whenScaled Delete would delete their data by our hand',
      given: world(stableWorld(), withSpec({ replicas: 2 }), withStable({ retains: false })),
      decides: 'act putBackSettings',
    },
    {
      title: 'Fewer only when the controller has seen that they are',
      given: world(stableWorld(), withSpec({ replicas: 2 }), withStable({ observed: false })),
      decides: 'wait Settling',
    },
    {
      title: 'Fewer only while no claim of a pod that would go is being deleted',
      given: world(stableWorld(), withSpec({ replicas: 2 }), withClaimDeleting(2)),
      decides: 'wait ClaimDeleting',
      says:
        'Claim data-redis-stable-2 is being deleted and only its pod redis-stable-2 still keeps the data, so no pod is taken away. ' +
        'Copy the data away; then delete that pod yourself, and the replica comes back empty.',
    },
    {
      title: 'A claim of a replica that went long ago may be deleted',
      given: world(stableWorld(), withSpec({ replicas: 2 }), withClaims(aClaim(7, { deleting: true }))),
      decides: 'act scale',
      change: { replicas: 2 },
    },
    {
      title: 'More takes nobody away, so a claim that is being deleted does not hold it up',
      given: world(stableWorld(), withSpec({ replicas: 5 }), withClaimDeleting(2)),
      decides: 'act scale',
      change: { replicas: 5 },
    },
  ])
})
