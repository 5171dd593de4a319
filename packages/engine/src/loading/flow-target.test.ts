import { expect, test } from 'vitest'
import { chooseFlow, parseTarget } from './flow-target.ts'

test.each([
  ['etl.ts', 'etl.ts', undefined],
  ['etl.ts:ingest', 'etl.ts', 'ingest'],
  ['./jobs/etl.ts:ingest', './jobs/etl.ts', 'ingest'],
  ['C:\\jobs\\etl.ts', 'C:\\jobs\\etl.ts', undefined],
  ['C:\\jobs\\etl.ts:ingest', 'C:\\jobs\\etl.ts', 'ingest'],
  ['a:b/etl.ts', 'a:b/etl.ts', undefined],
  ['etl.ts:', 'etl.ts', undefined],
])('%s names file %s and export %s', (text, file, name) => {
  expect(parseTarget(text)).toEqual({ file, name })
})

const a = { exportName: 'ingest', flowName: 'ingest-taxi', flow: 'A' }
const b = { exportName: 'load', flowName: 'load-taxi', flow: 'B' }

test('the only flow needs no name; several do', () => {
  expect(chooseFlow([a], undefined)).toEqual({ kind: 'found', flow: 'A' })
  expect(chooseFlow([a, b], undefined)).toEqual({ kind: 'ambiguous', names: ['ingest', 'load'] })
  expect(chooseFlow([], undefined)).toEqual({ kind: 'none', known: [] })
})

test('a flow is found by its export, else by its own name', () => {
  expect(chooseFlow([a, b], 'load')).toEqual({ kind: 'found', flow: 'B' })
  expect(chooseFlow([a, b], 'ingest-taxi')).toEqual({ kind: 'found', flow: 'A' })
  expect(chooseFlow([a, b], 'lod')).toEqual({ kind: 'none', known: ['ingest', 'load'] })
})

test('one flow exported under two names is one flow', () => {
  expect(chooseFlow([a, { ...a, exportName: 'default' }], undefined)).toEqual({ kind: 'found', flow: 'A' })
})
