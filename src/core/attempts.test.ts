import { describe, expect, it } from 'vitest'
import { highestNumber, nextNumber } from './attempts.ts'
import { factsOf } from './facts.ts'
import {
  aJob,
  aKeptVolume,
  aReplicaJob,
  aRevision,
  aSnapshot,
  now,
  stableWorld,
  withJobs,
  withKeptVolumes,
  withRecord,
  withRevisions,
  withSnapshots,
  world,
} from './testing/builders.ts'

/** Its record may be that of an older manifest: what is left of attempt 7 is all that tells of it. */
const atRest = world(stableWorld(), withRecord({ id: 2 }))

describe('the next number is larger than that of', () => {
  it.each([
    ['the record', world(atRest, withRecord({ id: 7 }))],
    ['a stored revision', world(atRest, withRevisions(aRevision('old', 7)))],
    ['a snapshot', world(atRest, withSnapshots(aSnapshot(2, { attempt: 7 })))],
    ['a kept volume', world(atRest, withKeptVolumes(aKeptVolume(2, { attempt: 7 })))],
    ['a backup', world(atRest, withJobs(aReplicaJob('backup', 2, { attempt: 7 })))],
    ['a check', world(atRest, withJobs(aJob({ name: 'redis-check-resource-7', attempt: 7 })))],
  ])('%s', (_, given) => {
    expect(nextNumber(factsOf(given, now))).toBe(8)
  })
})

describe('the next number is not pushed on by', () => {
  it.each([
    ['the Job of its own migration, which is made before', aJob({ attempt: 3 })],
    ["somebody else's Job", aJob({ ours: false, attempt: 7 })],
  ])('%s', (_, job) => {
    expect(nextNumber(factsOf(world(atRest, withJobs(job)), now))).toBe(3)
  })
})

it('A set that is created anew counts every Job of ours', () => {
  expect(highestNumber(factsOf(world(atRest, withJobs(aJob({ attempt: 7 }))), now))).toBe(7)
})
