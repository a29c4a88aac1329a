import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { run } from '../programs/run.ts'
import { type Image, ociArchive } from './oci.ts'
import { tar, type TarEntry } from './tar.ts'

const long = `usr/share/${'long/'.repeat(25)}name`

const layer: readonly TarEntry[] = [
  { kind: 'file', path: 'usr/bin/program', content: 'program', mode: 0o755 },
  { kind: 'link', path: 'bin', target: 'usr/bin' },
  { kind: 'directory', path: 'data', owner: 999 },
  { kind: 'file', path: long, content: 'x'.repeat(1000) },
]

function image(overrides: Partial<Image> = {}): Image {
  return {
    names: ['docker.io/library/thing:1.0', 'docker.io/library/thing:1.0.5'],
    layer,
    config: { Cmd: ['program'] },
    ...overrides,
  }
}

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'oci-test-'))
})

afterEach(async () => {
  await rm(directory, { recursive: true })
})

/** What a member of an archive holds, by the machine's own tar. */
async function member(archive: string, name: string): Promise<string> {
  return run('tar', ['-xOf', archive, name])
}

describe('ociArchive', () => {
  test('is the same bytes for the same image, in whatever order its files were collected', () => {
    const digests = [image(), image(), image({ layer: layer.toReversed() })].map((one) =>
      createHash('sha256')
        .update(Buffer.concat(ociArchive(one)))
        .digest('hex'),
    )

    expect(new Set(digests).size).toBe(1)
  })

  test('differs when a file, a mode or the configuration differs', () => {
    const [first, ...rest] = layer
    const variants = [
      image(),
      image({ layer: rest }),
      image({ layer: [{ ...first, mode: 0o700 } as TarEntry, ...rest] }),
      image({ config: { Cmd: ['other'] } }),
    ].map((one) => Buffer.concat(ociArchive(one)).toString('latin1'))

    expect(new Set(variants).size).toBe(variants.length)
  })

  test('leads from each name over digests that are right to the files', async () => {
    const archive = path.join(directory, 'image.tar')
    await writeFile(archive, ociArchive(image()))
    const blob = async (digest: string) => {
      const content = await member(archive, `blobs/${digest.replace(':', '/')}`)
      expect(`sha256:${createHash('sha256').update(content).digest('hex')}`).toBe(digest)
      return content
    }

    const index = JSON.parse(await member(archive, 'index.json'))
    const names = index.manifests.map(
      (one: { annotations: Record<string, string> }) => one.annotations['io.containerd.image.name'],
    )
    const manifest = JSON.parse(await blob(index.manifests[1].digest))
    const config = JSON.parse(await blob(manifest.config.digest))
    const files = path.join(directory, 'layer.tar')
    await writeFile(files, await blob(manifest.layers[0].digest))

    expect(names).toEqual(['docker.io/library/thing:1.0', 'docker.io/library/thing:1.0.5'])
    expect(config.config.Cmd).toEqual(['program'])
    expect(config.rootfs.diff_ids).toEqual([manifest.layers[0].digest])
    expect(await member(files, 'usr/bin/program')).toBe('program')
  })
})

describe('tar', () => {
  test('writes what the machine reads back: owners, modes, links, long paths, no times', async () => {
    const archive = path.join(directory, 'layer.tar')
    await writeFile(archive, tar(layer))

    const lines = (await run('tar', ['-tvf', archive, '--numeric-owner', '--utc', '--full-time']))
      .trim()
      .split('\n')
    const told = lines.map((line) => line.replace(/\s+/g, ' '))

    expect(told).toContain('lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 bin -> usr/bin')
    expect(told).toContain('drwxr-xr-x 999/999 0 1970-01-01 00:00:00 data/')
    expect(told).toContain('drwxr-xr-x 0/0 0 1970-01-01 00:00:00 usr/')
    expect(told).toContain('-rwxr-xr-x 0/0 7 1970-01-01 00:00:00 usr/bin/program')
    expect(told).toContain(`-rw-r--r-- 0/0 1000 1970-01-01 00:00:00 ${long}`)
  })

  test('refuses two entries with one path, and names it', () => {
    const twice: TarEntry[] = [
      { kind: 'directory', path: 'data' },
      { kind: 'file', path: 'data', content: '' },
    ]

    expect(() => tar(twice)).toThrow('two entries of the archive are called data')
  })
})
