/**
 * Reads from ELF files which shared libraries they need, and finds the closure of them in an unpacked
 * tree. Only what that takes is read: 64-bit little-endian files, the dynamic section and its strings.
 */
import { open, readdir, realpath } from 'node:fs/promises'
import path from 'node:path'

const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_INTERP = 3
const DT_NEEDED = 1
const DT_STRTAB = 5

export interface ElfNeeds {
  /** Names of the shared libraries, in the order of the file. */
  readonly libraries: readonly string[]
  /** Path of the program interpreter (the dynamic loader), if the file names one. */
  readonly interpreter: string | undefined
}

interface Segment {
  readonly type: number
  readonly offset: number
  readonly address: number
  readonly size: number
}

/** What a file needs to be loaded; undefined when it is not an ELF file that this machine could load. */
export function elfNeeds(file: Buffer): ElfNeeds | undefined {
  const isElf64 = file.length >= 64 && file.readUInt32BE(0) === 0x7f454c46 && file[4] === 2 && file[5] === 1
  if (!isElf64) return undefined
  const segments = programHeaders(file)
  const interp = segments.find((segment) => segment.type === PT_INTERP)
  const interpreter = interp ? cString(file, interp.offset) : undefined
  const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC)
  if (!dynamic) return { libraries: [], interpreter }
  const tags = dynamicTags(file, dynamic)
  const strings = tags.find(([tag]) => tag === DT_STRTAB)
  if (!strings) return { libraries: [], interpreter }
  const table = fileOffset(segments, strings[1])
  const names = tags.filter(([tag]) => tag === DT_NEEDED).map(([, offset]) => cString(file, table + offset))
  return { libraries: names, interpreter }
}

function programHeaders(file: Buffer): Segment[] {
  const start = Number(file.readBigUInt64LE(32))
  const size = file.readUInt16LE(54)
  const count = file.readUInt16LE(56)
  return Array.from({ length: count }, (_, index) => {
    const at = start + index * size
    return {
      type: file.readUInt32LE(at),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: Number(file.readBigUInt64LE(at + 16)),
      size: Number(file.readBigUInt64LE(at + 32)),
    }
  })
}

function dynamicTags(file: Buffer, dynamic: Segment): [tag: number, value: number][] {
  const tags: [number, number][] = []
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    const tag = Number(file.readBigInt64LE(at))
    if (tag === 0) break
    tags.push([tag, Number(file.readBigUInt64LE(at + 8))])
  }
  return tags
}

/** The dynamic section speaks of addresses in memory; the loaded segments say where those lie in the file. */
function fileOffset(segments: readonly Segment[], address: number): number {
  const holder = segments.find(
    ({ type, address: start, size }) => type === PT_LOAD && address >= start && address < start + size,
  )
  if (!holder) throw new Error(`the ELF file has no segment for address ${address.toString(16)}`)
  return address - holder.address + holder.offset
}

function cString(file: Buffer, offset: number): string {
  return file.toString('latin1', offset, file.indexOf(0, offset))
}

/** What a file on disk needs; undefined when it is no ELF file. */
export async function elfNeedsOfFile(file: string): Promise<ElfNeeds | undefined> {
  const handle = await open(file)
  try {
    const magic = Buffer.alloc(4)
    await handle.read(magic, 0, 4, 0)
    if (magic.readUInt32BE(0) !== 0x7f454c46) return undefined
    return elfNeeds(await handle.readFile())
  } finally {
    await handle.close()
  }
}

/**
 * All shared libraries that the given files need, directly or through each other: library name -> file.
 * They are looked for by name in the given directories. A name that is nowhere is an error, which names
 * the file that wants it.
 */
export async function libraryClosure(
  files: readonly string[],
  directories: readonly string[],
): Promise<Map<string, string>> {
  const available = await librariesIn(directories)
  const found = new Map<string, string>()
  const queue = [...files]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    for (const name of (await elfNeedsOfFile(file))?.libraries ?? []) {
      if (found.has(name)) continue
      const library = available.get(name)
      if (library === undefined) throw new Error(`${file} needs ${name}, which none of its packages has`)
      found.set(name, library)
      queue.push(library)
    }
  }
  return found
}

/** File name -> real path for everything in the directories; the first directory wins. */
async function librariesIn(directories: readonly string[]): Promise<Map<string, string>> {
  const available = new Map<string, string>()
  for (const directory of directories) {
    const names = await readdir(directory).catch(() => [])
    for (const name of names) {
      if (!name.includes('.so') || available.has(name)) continue
      available.set(name, await realpath(path.join(directory, name)))
    }
  }
  return available
}
