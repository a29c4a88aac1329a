/**
 * How bad days begin and go on: a mirror that is at work on a few sources, then one change of each kind.
 */
import { type BadDay, type BadDayMirrorOptions, openBadDay, type StagedMirror } from './bad-day.ts'

/** Requests for the whole state: lists, and watches that begin with it. */
export const everything = { resource: 'configmaps', verb: ['list', 'watchList'] } as const
/** Watches of changes after a state. */
export const allChanges = { resource: 'configmaps', verb: 'watch' } as const
/** All that bring changes. */
export const watching = { resource: 'configmaps', verb: ['watch', 'watchList'] } as const
export const writing = { resource: 'configmaps', verb: ['create', 'replace', 'patch', 'delete'] } as const

export interface AtWork {
  readonly day: BadDay
  readonly mirror: StagedMirror
}

/** A mirror that has handled two sources, with nothing left to do. */
export async function atWork(title: string, options: BadDayMirrorOptions = {}): Promise<AtWork> {
  const day = await openBadDay(title)
  await writeSome(day)
  const mirror = day.mirror(options)
  mirror.start()
  await day.allWell(mirror)
  return { day, mirror }
}

export async function writeSome(day: BadDay): Promise<void> {
  await day.write('stays', 'one')
  await day.write('goes', 'one')
}

/** One source changes, one comes, one goes. Takes three writes of the mirror. */
export async function changeEach(day: BadDay): Promise<void> {
  await day.write('stays', 'two')
  await day.write('comes', 'two')
  await day.remove('goes')
}
