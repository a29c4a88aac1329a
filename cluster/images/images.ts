// The container images of a test cluster, made without a registry: Redis of three major versions, busybox,
// pause and Node, as OCI archives in the cache directory. Importing them is the node's business.
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { unpackPackages } from '../programs/apt.ts'
import { cacheKey, ensureEntries, type Entry, type Report } from '../programs/cache.ts'
import { buildGo, goKey, type GoModule } from '../programs/go.ts'
import { isThere } from '../programs/node-programs.ts'
import { Prerequisite } from '../programs/prerequisite.ts'
import type { Programs } from '../programs/programs.ts'
import { baseFiles, busyboxFiles, programFiles } from './filesystem.ts'
import { type Image, ociArchive } from './oci.ts'
import { redisImage, redisVersions } from './redis.ts'

const archiveName = 'image.tar'
const here = import.meta.dirname

/**
 * Makes sure that every image is in the cache and returns the paths of their archives. Reports a line for
 * each image that is made. Throws a Prerequisite when the machine lacks something.
 */
export async function ensureImages(options: {
  readonly cache: string
  readonly programs: Programs
  readonly report: Report
}): Promise<readonly string[]> {
  const { cache, programs, report } = options
  const busybox = await findOnPath(programs.path, 'busybox')
  const recipes = await Promise.all([
    ...redisEntries(busybox),
    pauseEntry(report),
    busyboxEntry(busybox),
    nodeEntry(busybox),
  ])
  const directories = await ensureEntries(path.resolve(cache), recipes, report)
  return directories.map((directory) => path.join(directory, archiveName))
}

interface Recipe {
  readonly title: string
  /** Begins the name of the directory in the cache. */
  readonly name: string
  readonly duration: string
  /** What decides the contents besides the source files of this directory. */
  readonly inputs: readonly string[]
  readonly files?: readonly string[]
  /** Makes the image; `scratch` is a directory that vanishes afterwards. */
  readonly make: (scratch: string) => Promise<Image>
}

/** What unpacks and selects the contents of images, besides the files of this directory. */
const sharedSources = ['apt.ts', 'elf.ts', 'node-programs.ts'].map((name) =>
  path.join(here, '../programs', name),
)

/** The key covers the sources of the recipes themselves, so a changed recipe never meets an old image. */
async function imageEntry(recipe: Recipe): Promise<Entry> {
  const sources = (await readdir(here)).filter((name) => /^[a-z-]+\.ts$/.test(name))
  const files = [
    ...sources.sort().map((name) => path.join(here, name)),
    ...sharedSources,
    ...(recipe.files ?? []),
  ]
  return {
    title: `image ${recipe.title}`,
    duration: recipe.duration,
    directory: `image-${recipe.name}-${await cacheKey([process.arch, ...recipe.inputs], files)}`,
    files: [archiveName],
    space: 2e9,
    build: async (fresh) => {
      const scratch = path.join(fresh, 'scratch')
      await mkdir(scratch)
      await writeFile(path.join(fresh, archiveName), ociArchive(await recipe.make(scratch)))
      await rm(scratch, { recursive: true })
    },
  }
}

function redisEntries(busybox: string): Promise<Entry>[] {
  return redisVersions.map((version) =>
    imageEntry({
      title: `redis ${version.tags.join(', ')} from Debian ${version.suite}`,
      name: `redis-${version.major}`,
      duration: '8 seconds',
      inputs: [version.suite, ...version.tags],
      files: [busybox],
      make: (scratch) => redisImage(version, busybox, scratch),
    }),
  )
}

async function pauseEntry(report: Report): Promise<Entry> {
  const module: GoModule = { directory: path.join(here, 'pause'), packages: ['.'] }
  return imageEntry({
    title: 'pause',
    name: 'pause',
    duration: '5 seconds',
    inputs: [await goKey(module)],
    make: async (scratch) => {
      await buildGo(module, scratch, report)
      const content = await readFile(path.join(scratch, 'pause'))
      return {
        names: ['localhost/pause:1'],
        layer: [{ kind: 'file', path: 'pause', content, mode: 0o755 }],
        config: { Entrypoint: ['/pause'], User: '65534:65534' },
      }
    },
  })
}

function busyboxEntry(busybox: string): Promise<Entry> {
  return imageEntry({
    title: 'busybox',
    name: 'busybox',
    duration: '1 second',
    inputs: [],
    files: [busybox],
    make: async () => ({
      names: ['docker.io/library/busybox:1'],
      layer: [...baseFiles(), ...(await busyboxFiles(busybox))],
      config: { Cmd: ['sh'] },
    }),
  })
}

/** Node as it runs this very program, with the C and C++ libraries of a Debian suite. */
async function nodeEntry(busybox: string): Promise<Entry> {
  const { size } = await stat(process.execPath)
  return imageEntry({
    title: `node ${process.versions.node}`,
    name: 'node',
    duration: '10 seconds',
    inputs: [process.version, `${size}`],
    files: [busybox],
    make: async (scratch) => {
      if (process.versions.node.split('.')[0] !== '24') {
        throw new Prerequisite(
          `The node:24 image is made from the running Node, which is ${process.version}: run this with Node 24.`,
        )
      }
      const root = path.join(scratch, 'root')
      await unpackPackages({
        packages: ['libstdc++6'],
        suite: 'bookworm',
        root,
        scratch: path.join(scratch, 'apt'),
      })
      return {
        names: ['docker.io/library/node:24'],
        layer: [
          ...baseFiles({ name: 'node', id: 1000, home: '/home/node' }),
          ...(await busyboxFiles(busybox)),
          ...(await programFiles(root, [{ from: process.execPath, to: 'usr/local/bin/node' }])),
          { kind: 'directory', path: 'home/node', owner: 1000 },
        ],
        config: { Cmd: ['node'] },
      }
    },
  })
}

async function findOnPath(directories: string, name: string): Promise<string> {
  for (const directory of directories.split(':')) {
    const file = path.join(directory, name)
    if (await isThere(file)) return file
  }
  throw new Error(`${name} is in none of ${directories}`)
}
