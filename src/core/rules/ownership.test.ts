import { describe } from 'vitest'
import { activeWorld } from '../testing/rollout-worlds.ts'
import { newWorld, stableWorld, withCanary, withoutStable, withStable, world } from '../testing/builders.ts'
import { checkRows } from '../testing/rows.ts'
import { ownership } from './ownership.ts'

describe('ownership', () => {
  checkRows(ownership, [
    { title: 'Sets of ours go on to the next rule', given: activeWorld(), decides: 'nothing' },
    { title: 'No sets at all go on to the next rule', given: newWorld(), decides: 'nothing' },
    {
      title: 'A stable set that somebody else made is named and left alone',
      given: world(stableWorld(), withStable({ ours: false })),
      decides: 'wait ForeignSet',
      says: 'StatefulSet redis-stable belongs to somebody else: nothing is touched. Delete this resource and apply it under another name.',
    },
    {
      title: 'One of a resource that had this name before is named with the way to take it over',
      given: world(stableWorld(), withStable({ ours: false, namesake: true })),
      decides: 'wait NamesakeSet',
      says:
        'StatefulSet redis-stable was made for another resource of this name, an earlier one or this one before it was restored ' +
        '(its label canary.example.com/uid is not resource-uid): nothing is touched. To take it over with its data: ' +
        'kubectl annotate canarystatefulset redis -n default canary.example.com/unprotected=true; ' +
        'kubectl label statefulset redis-stable -n default --overwrite canary.example.com/uid=resource-uid; ' +
        'kubectl annotate canarystatefulset redis -n default canary.example.com/unprotected-',
    },
    {
      title: 'A canary set that somebody else made is named and left alone',
      given: world(activeWorld(), withCanary({ ours: false })),
      decides: 'wait ForeignSet',
      says: 'StatefulSet redis-canary belongs to somebody else: nothing is touched. Delete this resource and apply it under another name.',
    },
    {
      title: 'A foreign canary set counts too while there is no stable set',
      given: world(newWorld(), withCanary({ ours: false })),
      decides: 'wait ForeignSet',
    },
    {
      title: 'A foreign set without a record is foreign, not unreadable',
      given: world(withoutStable(stableWorld()), withStable({ ours: false })),
      decides: 'wait ForeignSet',
    },
    {
      title: 'A record that is missing stops everything',
      given: world(withoutStable(stableWorld()), withStable({})),
      decides: 'wait RecordUnreadable',
    },
    {
      title: 'A record that is garbage stops everything',
      given: world(stableWorld(), withStable({ record: '{' })),
      decides: 'wait RecordUnreadable',
    },
  ])
})
