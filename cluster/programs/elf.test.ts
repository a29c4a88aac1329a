import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { elfNeeds, elfNeedsOfFile, libraryClosure } from './elf.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'elf-test-'))
})

afterEach(async () => {
  await rm(root, { recursive: true })
})

/**
 * A file with the headers of a dynamic program: one loaded segment, whose addresses are 0x1000 above its
 * offsets in the file, an interpreter if one is given, and a dynamic section.
 */
function elf(libraries: readonly string[], interpreter?: string): Buffer {
  const [headers, strings, dynamic, end] = [64, 512, 1024, 2048]
  const file = Buffer.alloc(end)
  file.write('\u007fELF\u0002\u0001', 0, 'latin1')
  file.writeBigUInt64LE(BigInt(headers), 32)
  file.writeUInt16LE(56, 54)
  const segments = [
    { type: 1, offset: 0, address: 0x1000, size: end },
    { type: 2, offset: dynamic, address: 0x1000 + dynamic, size: 16 * (libraries.length + 2) },
    ...(interpreter === undefined
      ? []
      : [{ type: 3, offset: 400, address: 0x1000 + 400, size: interpreter.length + 1 }]),
  ]
  file.writeUInt16LE(segments.length, 56)
  for (const [index, { type, offset, address, size }] of segments.entries()) {
    const at = headers + 56 * index
    file.writeUInt32LE(type, at)
    file.writeBigUInt64LE(BigInt(offset), at + 8)
    file.writeBigUInt64LE(BigInt(address), at + 16)
    file.writeBigUInt64LE(BigInt(size), at + 32)
  }
  if (interpreter !== undefined) file.write(interpreter, 400)
  let name = strings + 1
  const tags: [number, number][] = libraries.map((library) => {
    const offset = name - strings
    name += file.write(library, name) + 1
    return [1, offset]
  })
  tags.push([5, 0x1000 + strings], [0, 0])
  for (const [index, [tag, value]] of tags.entries()) {
    file.writeBigInt64LE(BigInt(tag), dynamic + 16 * index)
    file.writeBigUInt64LE(BigInt(value), dynamic + 16 * index + 8)
  }
  return file
}

describe('elfNeeds', () => {
  test('reads the libraries in order, and the interpreter', () => {
    const needs = elfNeeds(elf(['libone.so.1', 'libc.so.6'], '/lib64/ld.so'))

    expect(needs).toEqual({ libraries: ['libone.so.1', 'libc.so.6'], interpreter: '/lib64/ld.so' })
  })

  test('knows a library from a program', () => {
    expect(elfNeeds(elf(['libc.so.6']))).toEqual({ libraries: ['libc.so.6'], interpreter: undefined })
  })

  test('takes nothing from a script', () => {
    expect(elfNeeds(Buffer.from('#!/bin/sh\n'.padEnd(100)))).toBeUndefined()
  })

  test('reads a real program: the Node that runs this test', async () => {
    expect((await elfNeedsOfFile(process.execPath))?.libraries).toContain('libc.so.6')
  })
})

describe('libraryClosure', () => {
  test('follows libraries of libraries, links and circles, and stops there', async () => {
    await mkdir(path.join(root, 'lib'))
    await mkdir(path.join(root, 'more'))
    await writeFile(path.join(root, 'program'), elf(['liba.so.1']))
    await writeFile(path.join(root, 'lib/liba.so.1.2.3'), elf(['libb.so.2']))
    await symlink('liba.so.1.2.3', path.join(root, 'lib/liba.so.1'))
    await writeFile(path.join(root, 'more/libb.so.2'), elf(['liba.so.1', 'libb.so.2']))
    await writeFile(path.join(root, 'more/libunused.so.3'), elf([]))

    const closure = await libraryClosure(
      [path.join(root, 'program')],
      [path.join(root, 'lib'), path.join(root, 'missing'), path.join(root, 'more')],
    )

    expect([...closure]).toEqual([
      ['liba.so.1', path.join(root, 'lib/liba.so.1.2.3')],
      ['libb.so.2', path.join(root, 'more/libb.so.2')],
    ])
  })

  test('names the file whose library is nowhere', async () => {
    const program = path.join(root, 'program')
    await writeFile(program, elf(['libgone.so.1']))

    await expect(libraryClosure([program], [root])).rejects.toThrow(
      `${program} needs libgone.so.1, which none of its packages has`,
    )
  })
})
