import { isSluiceError } from '@sluice/core'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parseAssignments, parseValue, readParameters } from './parameters.ts'

test('a value is JSON where it is JSON, else the text itself', () => {
  expect(parseAssignments(['months=[1,2]', 'color=green', 'dry=true', 'note=', 'eq=a=b', 'zip="01234"'])).toEqual({
    months: [1, 2],
    color: 'green',
    dry: true,
    note: '',
    eq: 'a=b',
    zip: '01234',
  })
})

test('a number that would lose digits stays text', () => {
  expect(parseValue('9007199254740993')).toBe('9007199254740993')
  expect(parseValue('007')).toBe('007')
  expect(parseValue('1e3')).toBe(1000)
})

test('dots in a name make objects in objects', () => {
  expect(parseAssignments(['source.kind=http', 'source.retry.max=3'])).toEqual({
    source: { kind: 'http', retry: { max: 3 } },
  })
})

test.each([
  [['months'], /no '='/],
  [['=1'], /no name/],
  [['a=1', 'a=2'], /given twice/],
  [['a=1', 'a.b=2'], /given as a whole/],
  [['a.b=1', 'a=2'], /given twice/],
  [['a..b=1'], /not one a parameter can have/],
  [['__proto__.x=1'], /not one a parameter can have/],
])('%j is refused with the reason', (assignments, reason) => {
  expect(() => parseAssignments(assignments)).toThrow(reason)
})

test('-p wins over --params, and both over the parameters of the old run, deep in objects', () => {
  const flags = { params: '{"a":{"x":1,"y":1},"b":1}', param: ['a.y=2'] }
  expect(readParameters(flags, '/', { b: 0, c: 0 })).toEqual({ a: { x: 1, y: 2 }, b: 1, c: 0 })
  expect(readParameters({ param: [] }, '/')).toBeUndefined()
  expect(readParameters({ param: [] }, '/', [1])).toEqual([1])
})

test('a name cannot be set where the parameters are not an object', () => {
  expect(() => readParameters({ params: '[1]', param: ['a=1'] }, '/')).toThrow(/not an object/)
})

test('--params @file is read from the working directory, and a missing or broken one is told', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-params-'))
  try {
    writeFileSync(path.join(dir, 'p.json'), '{"a":1}')
    writeFileSync(path.join(dir, 'broken.json'), '{')
    expect(readParameters({ params: '@p.json', param: [] }, dir)).toEqual({ a: 1 })
    expect(() => readParameters({ params: '@broken.json', param: [] }, dir)).toThrow(/not JSON/)
    expect(codeOf(() => readParameters({ params: '@gone.json', param: [] }, dir))).toBe('FILE_NOT_FOUND')
  } finally {
    rmSync(dir, { recursive: true })
  }
})

function codeOf(fn: () => unknown): string | undefined {
  try {
    fn()
  } catch (error) {
    return isSluiceError(error) ? error.code : undefined
  }
  return undefined
}
