/**
 * The programs of a node that come from Debian: the container runtime, the network plugins and tools. They
 * are taken out of their packages into one directory, with the shared libraries that the machine might
 * not have, so that nothing is installed (a package could push the machine's own Docker out).
 */
import {
  access,
  chmod,
  copyFile,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import path from 'node:path'
import { unpackPackages } from './apt.ts'
import { cacheKey, type Entry } from './cache.ts'
import { libraryClosure } from './elf.ts'

const packages = [
  'containerd',
  'runc',
  'containernetworking-plugins',
  'nftables',
  'iptables',
  'conntrack',
  'busybox-static',
  'iproute2',
]

const programs = [
  'containerd',
  'containerd-shim-runc-v2',
  'ctr',
  'runc',
  'nft',
  'conntrack',
  'busybox',
  'ip',
  'bridge',
  'ss',
  'xtables-nft-multi',
]

/** Names under which the one iptables program is called. */
const iptables = [
  'iptables',
  'iptables-save',
  'iptables-restore',
  'ip6tables',
  'ip6tables-save',
  'ip6tables-restore',
]

/**
 * Libraries that always come from the machine: they belong to its dynamic loader, and a second copy of
 * them beside it would crash every program that meets both.
 */
const ofTheLoader =
  /^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|anl|mvec|nsl)|libnss_.*|libBrokenLocale|libthread_db)\.so/

/** The cache entry with `bin`, `cni`, `lib` and `xtables` directories. */
export async function nodePrograms(): Promise<Entry> {
  // The recipe is this file; which versions it finds is decided by the machine's release of Debian.
  const recipe = ['node-programs.ts', 'apt.ts', 'elf.ts'].map((name) => path.join(import.meta.dirname, name))
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '')
  return {
    title: 'node programs from Debian packages',
    duration: '15 seconds',
    directory: `node-programs-${await cacheKey([release, process.arch], recipe)}`,
    files: [
      ...[...programs, ...iptables].map((name) => `bin/${name}`),
      'cni/bridge',
      'cni/host-local',
      'lib',
      'xtables',
    ],
    space: 1e9,
    build: buildNodePrograms,
  }
}

async function buildNodePrograms(fresh: string): Promise<void> {
  const root = path.join(fresh, 'root')
  const names = await unpackPackages({ packages, root, scratch: path.join(fresh, 'apt') })
  await writeFile(path.join(fresh, 'packages.txt'), names.map((name) => `${name}\n`).join(''))
  for (const directory of ['bin', 'lib', 'xtables', 'cni']) await mkdir(path.join(fresh, directory))

  const copies: string[] = []
  for (const name of programs) {
    copies.push(await copyProgram(await findProgram(root, name), path.join(fresh, 'bin', name)))
  }
  for (const name of await readdir(path.join(root, 'usr/lib/cni'))) {
    copies.push(await copyProgram(path.join(root, 'usr/lib/cni', name), path.join(fresh, 'cni', name)))
  }
  const directories = await libraryDirectories(root)
  for (const directory of directories) {
    const extensions = path.join(directory, 'xtables')
    for (const name of await readdir(extensions).catch(() => [])) {
      const copy = path.join(fresh, 'xtables', name)
      const target = await readlink(path.join(extensions, name)).catch(() => undefined)
      if (target !== undefined) await symlink(target, copy)
      else copies.push(await copyProgram(path.join(extensions, name), copy))
    }
  }
  for (const name of iptables) await writeWrapper(path.join(fresh, 'bin', name), name)
  for (const [name, file] of await libraryClosure(copies, directories)) {
    if (!ofTheLoader.test(name)) await copyProgram(file, path.join(fresh, 'lib', name))
  }
  await rm(root, { recursive: true })
}

/** iptables looks for its extensions in a directory of the system unless it is told another one. */
async function writeWrapper(file: string, name: string): Promise<void> {
  const script = `#!/bin/sh
here=$(dirname "$0")
export XTABLES_LIBDIR="$here/../xtables"
exec "$here/xtables-nft-multi" ${name} "$@"
`
  await writeFile(file, script, { mode: 0o755 })
}

async function copyProgram(from: string, to: string): Promise<string> {
  await copyFile(from, to)
  await chmod(to, 0o755)
  return to
}

/** The file of a program in an unpacked tree, whichever of the usual directories has it. */
export async function findProgram(root: string, name: string): Promise<string> {
  for (const directory of ['usr/bin', 'usr/sbin', 'bin', 'sbin']) {
    const file = path.join(root, directory, name)
    const target = await readlink(file).catch(() => undefined)
    // Links in packages may be absolute: they mean the root of the tree, not of the machine.
    if (target !== undefined) return path.isAbsolute(target) ? path.join(root, target) : realpath(file)
    if (await isThere(file)) return file
  }
  throw new Error(`none of the unpacked packages has the program ${name}`)
}

/** Whether something is at a path. */
export async function isThere(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

/** The directories of shared libraries in an unpacked tree: lib and usr/lib, each with its architectures. */
export async function libraryDirectories(root: string): Promise<string[]> {
  const found: string[] = []
  for (const directory of ['lib', 'usr/lib', 'lib64', 'usr/lib64']) {
    const base = path.join(root, directory)
    const names = await readdir(base).catch(() => undefined)
    if (names === undefined) continue
    found.push(
      ...names.filter((name) => name.endsWith('-linux-gnu')).map((name) => path.join(base, name)),
      base,
    )
  }
  return found
}
