import { expect, it } from 'vitest'

import { allParts, partNamed } from './parts.ts'

it('names every part once, and every follower is a part', () => {
  const names = allParts().map(({ name }) => name)

  expect(new Set(names).size).toBe(names.length)
  expect(
    allParts().flatMap(({ followers = [] }) => followers.filter((name) => !names.includes(name))),
  ).toEqual([])
})

it('gives no two parts the same port or socket to answer on', () => {
  const places = allParts()
    .map(({ answers }) => answers)
    .filter(({ kind }) => kind === 'port' || kind === 'socket')
    .map((answers) => JSON.stringify(answers))

  expect(new Set(places).size).toBe(places.length)
})

it('answers an unknown name with the list of names', () => {
  expect(() => partNamed('kube-apiserve')).toThrow(
    /There is no part "kube-apiserve".*kube-apiserver.*csi-driver/,
  )
})
