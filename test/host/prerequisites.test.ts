/**
 * What the machine lacks is said in one sentence and exit status 2, before anything is made.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { freshStateRoot, leftoversOf, type RunOptions, runCommand } from './cluster-command.ts'

const NAME = 'host-lacking'

let state: string
let scratch: string

beforeAll(() => {
  state = freshStateRoot()
  scratch = mkdtempSync(join(tmpdir(), 'cluster-host-lacking-'))
})

afterAll(() => {
  for (const directory of [state, scratch]) rmSync(directory, { recursive: true, force: true })
})

/** Runs `up`, which must refuse with status 2, and gives its one sentence. */
async function refusal(options: RunOptions): Promise<string> {
  const outcome = await runCommand(['up', '--name', NAME], {
    ...options,
    env: { CLUSTER_STATE: state, ...options.env },
  })

  expect(outcome.stderr.trim().split('\n'), outcome.stderr).toHaveLength(1)
  expect(outcome.stderr).toMatch(/^[A-Z"].*\.$/m)
  expect(outcome.status, outcome.stderr).toBe(2)
  expect(leftoversOf(state, NAME)).toEqual([])
  return outcome.stderr
}

describe('up refuses, with status 2 and a sentence, when', () => {
  it('it is not run by root', async () => {
    // Another user, who can read the repository wherever it lies.
    const wrapper = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    const reading = ['--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search']

    expect(await refusal({ wrapper: [...wrapper, ...reading] })).toContain('sudo')
  })

  it('the machine refuses namespaces', async () => {
    const wrapper = ['setpriv', '--bounding-set=-sys_admin', '--inh-caps=-sys_admin']

    expect(await refusal({ wrapper })).toContain('refuses new mount, network and pid namespaces')
  })

  it('there is no Go and nothing is built yet', async () => {
    const env = { PATH: pathWithout('go', join(scratch, 'bin')), CLUSTER_CACHE: join(scratch, 'cache') }

    expect(await refusal({ env })).toMatch(/\bGo\b/)
  })

  it('there is too little disk for the build', async () => {
    const cache = join(scratch, 'tiny-cache')
    mkdirSync(cache)

    const sentence = await refusal({ wrapper: onTinyDisk(cache), env: { CLUSTER_CACHE: cache } })
    expect(sentence).toMatch(/disk|space|free|room/)
    expect(sentence).toContain(cache)
  })

  it('there is too little disk for the state of a cluster', async () => {
    const tinyState = join(scratch, 'tiny-state')
    mkdirSync(tinyState)

    const sentence = await refusal({ wrapper: onTinyDisk(tinyState), env: { CLUSTER_STATE: tinyState } })
    expect(sentence).toContain(`1000 MB below ${tinyState}`)
  })
})

describe('the command line', () => {
  it('answers an unknown verb with status 1 and the list of verbs', async () => {
    const outcome = await runCommand(['upp'])

    expect(outcome.status).toBe(1)
    expect(outcome.stderr).toContain('There is no verb "upp"')
    expect(outcome.stderr).toContain('kubeconfig')
  })

  it('says how to start a cluster that is not there', async () => {
    const outcome = await runCommand(['exec', '--name', NAME, '--', 'true'], {
      env: { CLUSTER_STATE: state },
    })

    expect(outcome.status).toBe(1)
    expect(outcome.stderr).toBe(`Cluster ${NAME} is not running. Start it with: up --name ${NAME}\n`)
  })

  it('refuses a name that could not be a file name', async () => {
    const outcome = await runCommand(['up', '--name', '../x'])

    expect(outcome.status).toBe(1)
    expect(outcome.stderr).toContain('"../x" cannot be a cluster name')
  })
})

/** A directory of links to every program on PATH but one. */
function pathWithout(program: string, directory: string): string {
  mkdirSync(directory)
  const places = (process.env['PATH'] ?? '').split(':').filter((place) => existsSync(place))
  const found = new Map(
    places.toReversed().flatMap((place) => readdirSync(place).map((name) => [name, place] as const)),
  )
  found.delete(program)
  for (const [name, place] of found) symlinkSync(join(place, name), join(directory, name))
  return directory
}

/** A wrapper that lays a file system of 64 MB over the directory, for the wrapped command alone. */
function onTinyDisk(directory: string): readonly string[] {
  const script = `mount -t tmpfs -o size=64m tiny "${directory}" && exec "$@"`
  return ['unshare', '--mount', '/bin/sh', '-c', script, 'tiny']
}
