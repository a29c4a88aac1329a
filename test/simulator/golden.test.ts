/**
 * Whole rollouts, told as logs. A reviewer reads behaviour here. `UPDATE_GOLDEN=1` writes the logs anew; the change
 * then shows in review. Each story also runs with its claims compared: no volume is lost in any of them.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { play, type Story } from './play.ts'
import { stories } from './stories.ts'

const folder = join(import.meta.dirname, 'golden')

const logOf = (title: string) => `${title.replaceAll(/[^a-z0-9]+/gi, '-')}.log`

it('has one log a story, and no log without a story', () => {
  expect(readdirSync(folder).toSorted()).toEqual(Object.keys(stories).map(logOf).toSorted())
})

it.each(Object.entries(stories))('%s', (title, story: Story) => {
  const { log, world } = play(story)
  const text = `${log.join('\n')}\n`
  const file = join(folder, logOf(title))
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text)

  expect(existsSync(file), `${file} is missing: run with UPDATE_GOLDEN=1 and read it`).toBe(true)
  expect(text).toBe(readFileSync(file, 'utf8'))
  const most = Math.max(
    story.setting.replicas,
    ...story.edits.map((edit) => ('replicas' in edit ? edit.replicas : 0)),
  )
  expect(world.claims.length).toBe(most)
})
