import { describe } from 'vitest'
import {
  minute,
  newWorld,
  no,
  now,
  stableWorld,
  withAnswers,
  withoutService,
  withWrongService,
  world,
  yes,
} from '../testing/builders.ts'
import { activeWorld } from '../testing/rollout-worlds.ts'
import { checkRows } from '../testing/rows.ts'
import { service } from './service.ts'

const madeAgain = ['Service redis-headless was missing and was made again']

describe('service', () => {
  checkRows(service, [
    { title: 'One that is there is left alone', given: stableWorld(), decides: 'nothing' },
    {
      title: 'One that was deleted is made again, and that is told',
      given: world(stableWorld(), withoutService),
      decides: 'act createService',
      says: 'Creating the headless Service.',
      tells: madeAgain,
    },
    {
      title: 'In a rollout too: the canary may stand for days',
      given: world(activeWorld(), withoutService),
      decides: 'act createService',
      tells: madeAgain,
    },
    {
      title: 'The first one comes with the set, without a word',
      given: world(newWorld(), withoutService),
      decides: 'nothing',
    },
    {
      title: 'One that is not headless is not touched',
      given: world(stableWorld(), withWrongService),
      decides: 'nothing',
    },
    {
      title: 'Once refused it holds nothing up',
      given: world(activeWorld(), withoutService, withAnswers({ service: no('quota', now + minute) })),
      decides: 'nothing',
    },
    {
      title: 'It is asked for again when its time has come',
      given: world(activeWorld(), withoutService, withAnswers({ service: no('quota', now) })),
      decides: 'ask service',
      says: 'Checking the headless Service with the API server before any pod is touched.',
    },
    {
      title: 'And made when it would be taken',
      given: world(activeWorld(), withoutService, withAnswers({ service: yes })),
      decides: 'act createService',
      tells: madeAgain,
    },
  ])
})
