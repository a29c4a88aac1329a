// The Redis images: Debian's Redis laid out like the official image, so that manifests written for that
// one run unchanged: same commands and paths, /data as working directory, reachable from other pods.
// Unlike there the server stays the user it is started as (root unless the pod says otherwise).
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { unpackPackages } from '../programs/apt.ts'
import { findProgram } from '../programs/node-programs.ts'
import { baseFiles, busyboxFiles, filesBelow, programFiles } from './filesystem.ts'
import type { Image } from './oci.ts'
import type { TarEntry } from './tar.ts'

export interface RedisVersion {
  readonly major: string
  readonly suite: string
  readonly tags: readonly string[]
}

/** Tags beyond major.minor are names that manifests use; each holds what its Debian suite has. */
export const redisVersions: readonly RedisVersion[] = [
  { major: '6', suite: 'bullseye', tags: ['6.0', '6.2.6'] }, // 6.0.16
  { major: '7', suite: 'bookworm', tags: ['7.0', '7.0.5'] }, // 7.0.15
  { major: '8', suite: 'trixie', tags: ['8.0'] }, // 8.0.2
]

/** As in the official image: options or a configuration file alone mean redis-server. */
const entrypoint = `#!/bin/sh
case "\${1-}" in
  -* | *.conf) set -- redis-server "$@" ;;
esac
exec "$@"
`

/**
 * The official server is compiled with protected mode off, Debian's is not, and a pod that nobody can
 * reach is of no use. So it is turned off here unless the options or the configuration file speak of it.
 * Redis 6 forgets its default save points as soon as it gets any option, so a server that was started
 * without options has to be told them again.
 */
const server = (major: string) => `#!/bin/sh
real=/usr/local/libexec/redis-server
if [ $# = 0 ]; then set -- --protected-mode no${major === '6' ? ' --save 3600 1 --save 300 100 --save 60 10000' : ''}; fi
case "\${1-}" in
  -v | --version | -h | --help | --test-memory | --check-system) exec "$real" "$@" ;;
esac
case " $* " in
  *" --protected-mode "* | *" --sentinel "*) exec "$real" "$@" ;;
esac
if [ -f "\${1-}" ] && grep -Eiq '^[[:space:]]*protected-mode' "$1"; then exec "$real" "$@"; fi
exec "$real" "$@" --protected-mode no
`

/** Builds the image of one version; `scratch` is a directory for the packages. */
export async function redisImage(version: RedisVersion, busybox: string, scratch: string): Promise<Image> {
  const root = path.join(scratch, 'root')
  const packages = ['redis-server', 'redis-tools']
  await unpackPackages({ packages, suite: version.suite, root, scratch: path.join(scratch, 'apt') })
  return {
    names: version.tags.map((tag) => `docker.io/library/redis:${tag}`),
    layer: [
      ...baseFiles({ name: 'redis', id: 999, home: '/data' }),
      ...(await busyboxFiles(busybox)),
      ...(await programFiles(root, await programsAndModules(root))),
      ...(await luaSources(root)),
      script('docker-entrypoint.sh', entrypoint),
      script('redis-server', server(version.major)),
      // The one server program is also both checkers, by the name it is called.
      link('redis-check-aof'),
      link('redis-check-rdb'),
      { kind: 'directory', path: 'data', owner: 999 },
    ],
    config: {
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['redis-server'],
      WorkingDir: '/data',
      ExposedPorts: { '6379/tcp': {} },
    },
  }
}

function script(name: string, content: string): TarEntry {
  return { kind: 'file', path: `usr/local/bin/${name}`, content, mode: 0o755 }
}

function link(name: string): TarEntry {
  return { kind: 'link', path: `usr/local/bin/${name}`, target: '../libexec/redis-server' }
}

/** The programs, and the Lua modules that Debian's Redis 6 and 7 load by name (cjson, bitop). */
async function programsAndModules(root: string) {
  const modules = (await filesBelow(root)).filter((file) => /^usr\/lib\/.*\/lua\/5\.1\/.*\.so$/.test(file))
  return [
    { from: await findProgram(root, 'redis-server'), to: 'usr/local/libexec/redis-server' },
    { from: await findProgram(root, 'redis-cli'), to: 'usr/local/bin/redis-cli' },
    { from: await findProgram(root, 'redis-benchmark'), to: 'usr/local/bin/redis-benchmark' },
    ...modules.map((file) => ({ from: path.join(root, file), to: file })),
  ]
}

async function luaSources(root: string): Promise<TarEntry[]> {
  const sources = (await filesBelow(root)).filter((file) => /^usr\/share\/lua\/5\.1\/.*\.lua$/.test(file))
  return Promise.all(
    sources.map(async (file): Promise<TarEntry> => {
      return { kind: 'file', path: file, content: await readFile(path.join(root, file)) }
    }),
  )
}
