/**
 * Debian packages, downloaded by the machine's own apt and unpacked into a directory. Nothing is installed
 * and nothing under /etc or /var is written: apt works on a state, a cache and an empty package database of
 * its own, which also makes it fetch every dependency instead of trusting what is installed.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { run } from './run.ts'
import { Prerequisite } from './prerequisite.ts'

export interface UnpackOptions {
  /** Packages by name; their dependencies come with them, recommended ones do not. */
  readonly packages: readonly string[]
  /** Another Debian suite than the machine's own, by code name. */
  readonly suite?: string
  /** Directory that the packages are unpacked into. */
  readonly root: string
  /** Directory for downloads, removed in the end. */
  readonly scratch: string
}

/** Downloads packages and their dependencies, unpacks them all into one tree and returns their file names. */
export async function unpackPackages(options: UnpackOptions): Promise<readonly string[]> {
  const { root, scratch, suite } = options
  for (const directory of [
    root,
    ...['sources', 'state', 'archives/partial'].map((name) => path.join(scratch, name)),
  ]) {
    await mkdir(directory, { recursive: true })
  }
  await writeFile(path.join(scratch, 'status'), '')
  const settings = {
    'Dir::State': path.join(scratch, 'state'),
    'Dir::State::status': path.join(scratch, 'status'),
    'Dir::Cache': scratch,
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    ...(suite === undefined ? {} : await sourcesOf(suite, scratch)),
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
  const env = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' }
  await run('apt-get', ['-q', ...flags, 'update'], { env })
  const install = ['-q', '-y', '--no-install-recommends', '--download-only', 'install', ...options.packages]
  await run('apt-get', [...flags, ...install], { env })
  const archives = path.join(scratch, 'archives')
  const names = (await readdir(archives)).filter((name) => name.endsWith('.deb')).sort()
  for (const name of names) await run('dpkg-deb', ['-x', path.join(archives, name), root])
  await rm(scratch, { recursive: true })
  return names
}

/** The settings that make apt see one suite of the machine's mirror and nothing else. */
async function sourcesOf(suite: string, scratch: string): Promise<Record<string, string>> {
  const parts = path.join(scratch, 'sources')
  await writeFile(path.join(parts, 'suite.sources'), debianSource(await machineSources(), suite))
  return { 'Dir::Etc::SourceList': '/dev/null', 'Dir::Etc::SourceParts': parts }
}

/** The texts of all apt sources of this machine. */
async function machineSources(): Promise<string[]> {
  const directory = '/etc/apt/sources.list.d'
  const names: string[] = await readdir(directory).catch(() => [])
  const files = [...names.sort().map((name) => path.join(directory, name)), '/etc/apt/sources.list']
  const wanted = files.filter((file) => file.endsWith('.sources') || file.endsWith('.list'))
  const texts = await Promise.all(wanted.map((file) => readFile(file, 'utf8').catch(() => '')))
  return texts.filter((text) => text !== '')
}

interface Source {
  readonly uri: string
  readonly signedBy: string | undefined
}

/**
 * A source (in apt's deb822 form) for another suite of the Debian mirror that the given sources use: the
 * mirror's address is the machine's choice and is never known to us beforehand.
 */
export function debianSource(texts: readonly string[], suite: string): string {
  const mirror = texts
    .flatMap((text) => [...stanzas(text), ...oneLiners(text)])
    .find(({ uri }) => /\/debian\/?$/.test(uri))
  if (!mirror) {
    throw new Prerequisite(
      'The Redis images are made from Debian packages and no source in /etc/apt names a Debian mirror (an address that ends in /debian): add one.',
    )
  }
  const signed = mirror.signedBy === undefined ? '' : `Signed-By: ${mirror.signedBy}\n`
  return `Types: deb\nURIs: ${mirror.uri}\nSuites: ${suite}\nComponents: main\n${signed}`
}

/** The sources of a text in deb822 form: stanzas of "Field: value" lines. */
function stanzas(text: string): Source[] {
  const plain = text.replace(/^#.*\n?/gm, '')
  return plain.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name: string) => new RegExp(`^${name}:\\s*(.*)$`, 'im').exec(stanza)?.[1]?.trim()
    if (!field('Types')?.split(/\s+/).includes('deb') || field('Enabled') === 'no') return []
    const uris = field('URIs')?.split(/\s+/) ?? []
    return uris.map((uri) => ({ uri, signedBy: field('Signed-By') || undefined }))
  })
}

/** The sources of a text in the older form: "deb [option=value ...] URI suite component ...". */
function oneLiners(text: string): Source[] {
  return [...text.matchAll(/^deb\s+(?:\[(.*?)\]\s+)?(\S+:\S+)/gm)].map(([, options, uri]) => ({
    uri: uri ?? '',
    signedBy: /signed-by=(\S+)/i.exec(options ?? '')?.[1],
  }))
}
