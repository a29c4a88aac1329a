// Tar archives that are the same bytes for the same contents: sorted by path, no times, no names of users.
// Only what image layers and OCI archives need: directories, files and symbolic links.

interface Common {
  /** Path in the archive, without a leading slash. */
  readonly path: string
  /** Owner, for user and group alike; root when it is not given. */
  readonly owner?: number
}

export type TarEntry =
  | (Common & { readonly kind: 'directory'; readonly mode?: number })
  | (Common & { readonly kind: 'file'; readonly content: Buffer | string; readonly mode?: number })
  | (Common & { readonly kind: 'link'; readonly target: string })

const block = 512
const typeFlags = { file: '0', link: '2', directory: '5' }

/**
 * The archive as chunks to be written one after the other. Entries are sorted; directories above an entry
 * that are not listed are added (root, 0755). Two entries with one path are an error.
 */
export function tar(entries: readonly TarEntry[]): Buffer[] {
  const all = withParents(entries).sort((a, b) => (a.path < b.path ? -1 : 1))
  const chunks = all.flatMap((entry) => {
    const content = entry.kind === 'file' ? Buffer.from(entry.content) : Buffer.alloc(0)
    const padding = Buffer.alloc((block - (content.length % block)) % block)
    return [header(entry, content.length), content, padding]
  })
  return [...chunks, Buffer.alloc(2 * block)].filter((chunk) => chunk.length > 0)
}

function withParents(entries: readonly TarEntry[]): TarEntry[] {
  const byPath = new Map<string, TarEntry>()
  for (const entry of entries) {
    if (byPath.has(entry.path)) throw new Error(`two entries of the archive are called ${entry.path}`)
    byPath.set(entry.path, entry)
  }
  for (const { path } of entries) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const parent = path.slice(0, at)
      if (!byPath.has(parent)) byPath.set(parent, { kind: 'directory', path: parent })
    }
  }
  return [...byPath.values()]
}

/** One header in the ustar form. */
function header(entry: TarEntry, size: number): Buffer {
  const bytes = Buffer.alloc(block)
  const { name, prefix } = splitPath(entry.kind === 'directory' ? `${entry.path}/` : entry.path)
  const mode = entry.kind === 'link' ? 0o777 : (entry.mode ?? (entry.kind === 'directory' ? 0o755 : 0o644))
  bytes.write(name, 0)
  bytes.write(octal(mode, 8), 100)
  bytes.write(octal(entry.owner ?? 0, 8), 108)
  bytes.write(octal(entry.owner ?? 0, 8), 116)
  bytes.write(octal(size, 12), 124)
  bytes.write(octal(0, 12), 136) // time of modification
  bytes.write(' '.repeat(8), 148) // the checksum counts itself as blanks
  bytes.write(typeFlags[entry.kind], 156)
  if (entry.kind === 'link') bytes.write(fitting(entry.target, 100), 157)
  bytes.write('ustar\u000000', 257)
  bytes.write(prefix, 345)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148)
  return bytes
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\u0000`
}

/** Paths of more than 100 bytes are split at a slash into a prefix and a name. */
function splitPath(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' }
  const at = path.indexOf('/', path.length - 101)
  return { name: fitting(path.slice(at + 1), 100), prefix: fitting(path.slice(0, at), 155) }
}

function fitting(text: string, limit: number): string {
  if (Buffer.byteLength(text) > limit) throw new Error(`too long for a tar header: ${text}`)
  return text
}
