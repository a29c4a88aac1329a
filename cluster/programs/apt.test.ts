import { describe, expect, test } from 'vitest'
import { debianSource } from './apt.ts'
import { Prerequisite } from './prerequisite.ts'

const deb822 = `Types: deb
# an older mirror: http://old.example.org/debian
URIs: http://mirror.example.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example.org/debian-security
Suites: bookworm-security
Components: main
`

describe('debianSource', () => {
  test('turns the mirror of a stanza to another suite', () => {
    expect(debianSource([deb822], 'trixie')).toBe(`Types: deb
URIs: http://mirror.example.org/debian
Suites: trixie
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`)
  })

  test('reads the one-line form, with and without options', () => {
    const plain =
      'deb-src http://src.example.org/debian bookworm main\ndeb http://a.example.org/debian/ bookworm main\n'
    const signed = 'deb [arch=amd64 signed-by=/etc/key.gpg] https://b.example.org/debian bookworm main\n'

    expect(debianSource([plain], 'bullseye')).toBe(
      'Types: deb\nURIs: http://a.example.org/debian/\nSuites: bullseye\nComponents: main\n',
    )
    expect(debianSource([signed], 'bullseye')).toBe(
      'Types: deb\nURIs: https://b.example.org/debian\nSuites: bullseye\nComponents: main\nSigned-By: /etc/key.gpg\n',
    )
  })

  test('passes over stanzas that are switched off, hold only sources, or belong to somebody else', () => {
    const others = `Types: deb-src
URIs: http://src.example.org/debian

Types: deb
Enabled: no
URIs: http://off.example.org/debian

Types: deb
URIs: https://vendor.example.org/linux
`

    expect(debianSource([others, deb822], 'trixie')).toContain('URIs: http://mirror.example.org/debian\n')
  })

  test('says what is missing when no source names a Debian mirror', () => {
    const ubuntu = 'deb http://mirror.example.org/ubuntu noble main\n'

    expect(() => debianSource([ubuntu], 'trixie')).toThrow(Prerequisite)
  })
})
