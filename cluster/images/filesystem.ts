// The parts that file systems of images are put together from: the few files that every image has,
// busybox, and programs with the shared libraries they need, taken out of unpacked Debian packages.
import { readdir, readFile, readlink } from 'node:fs/promises'
import path from 'node:path'
import { elfNeedsOfFile, libraryClosure } from '../programs/elf.ts'
import { isThere, libraryDirectories } from '../programs/node-programs.ts'
import { run } from '../programs/run.ts'
import type { TarEntry } from './tar.ts'

/** Users, name service and the directories that programs expect; one user of its own if it is given. */
export function baseFiles(user?: {
  readonly name: string
  readonly id: number
  readonly home: string
}): TarEntry[] {
  const passwd = ['root:x:0:0:root:/root:/bin/sh', 'nobody:x:65534:65534:nobody:/nonexistent:/bin/false']
  const group = ['root:x:0:', 'nogroup:x:65534:']
  if (user) {
    passwd.push(`${user.name}:x:${user.id}:${user.id}::${user.home}:/bin/sh`)
    group.push(`${user.name}:x:${user.id}:`)
  }
  return [
    { kind: 'file', path: 'etc/passwd', content: `${passwd.join('\n')}\n` },
    { kind: 'file', path: 'etc/group', content: `${group.join('\n')}\n` },
    { kind: 'file', path: 'etc/nsswitch.conf', content: 'passwd: files\ngroup: files\nhosts: files dns\n' },
    { kind: 'directory', path: 'tmp', mode: 0o1777 },
    { kind: 'directory', path: 'root', mode: 0o700 },
    ...['dev', 'proc', 'sys', 'run', 'var/tmp'].map((name): TarEntry => ({ kind: 'directory', path: name })),
  ]
}

/** Busybox (a static program) as /bin/busybox with a link for each of its commands. */
export async function busyboxFiles(busybox: string): Promise<TarEntry[]> {
  const commands = (await run(busybox, ['--list']))
    .split('\n')
    .filter((name) => name !== '' && name !== 'busybox')
  return [
    { kind: 'file', path: 'bin/busybox', content: await readFile(busybox), mode: 0o755 },
    ...commands.map((name): TarEntry => ({ kind: 'link', path: `bin/${name}`, target: 'busybox' })),
    // Scripts begin with "#!/usr/bin/env".
    { kind: 'link', path: 'usr/bin/env', target: '../../bin/busybox' },
  ]
}

/** A program from anywhere, with its path in the image. */
export interface Placed {
  readonly from: string
  readonly to: string
}

/**
 * Files of an image for programs and everything they need from the unpacked packages in `root`: shared
 * libraries by what the ELF headers say, the dynamic loader, and the name service modules, which the C
 * library loads by name only when a name is looked up.
 */
export async function programFiles(root: string, programs: readonly Placed[]): Promise<TarEntry[]> {
  const directories = await libraryDirectories(root)
  const nameService = (await filesBelow(root)).filter((file) => /\/libnss_(dns|files)\.so\.\d$/.test(file))
  const roots = [...programs.map(({ from }) => from), ...nameService.map((file) => path.join(root, file))]
  const libraries = await libraryClosure(roots, directories)
  for (const file of nameService) libraries.set(path.basename(file), path.join(root, file))
  const loader = await interpreterOf(programs)
  // The loader looks in this directory without being told.
  const home = `lib/${process.arch === 'x64' ? 'x86_64' : 'aarch64'}-linux-gnu`
  const placed = [
    ...programs,
    ...[...libraries]
      .filter(([name]) => name !== path.basename(loader))
      .map(([name, from]) => ({ from, to: `${home}/${name}` })),
    { from: await insideRoot(root, loader), to: loader.slice(1) },
  ]
  return Promise.all(
    placed.map(async ({ from, to }): Promise<TarEntry> => {
      return { kind: 'file', path: to, content: await readFile(from), mode: 0o755 }
    }),
  )
}

async function interpreterOf(programs: readonly Placed[]): Promise<string> {
  for (const { from } of programs) {
    const interpreter = (await elfNeedsOfFile(from))?.interpreter
    if (interpreter !== undefined) return interpreter
  }
  throw new Error(
    `none of the programs names a dynamic loader: ${programs.map(({ from }) => from).join(' ')}`,
  )
}

/** Newer Debian releases keep /lib and /lib64 below /usr and leave the links to the base system. */
async function insideRoot(root: string, file: string): Promise<string> {
  for (const candidate of [path.join(root, file), path.join(root, 'usr', file)]) {
    const target = await readlink(candidate).catch(() => undefined)
    if (target !== undefined) {
      return path.isAbsolute(target) ? insideRoot(root, target) : path.join(path.dirname(candidate), target)
    }
    if (await isThere(candidate)) return candidate
  }
  throw new Error(`the unpacked packages have no ${file}`)
}

/** All files and links below a directory, as paths relative to it, sorted. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink())
  return files.map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name))).sort()
}
