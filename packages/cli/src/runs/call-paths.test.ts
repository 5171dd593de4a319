import { expect, test } from 'vitest'
import { callPaths } from './call-paths.ts'
import type { RunSource } from './run-source.ts'

/** A source whose task has its row from the n-th look on. */
function sourceWith(rowFrom: number): RunSource & { readonly looks: () => number } {
  let looks = 0
  const source = {
    looks: () => looks,
    getRun: () => Promise.resolve({ flow: 'ingest', name: null, parentId: null }),
    getTask: () => Promise.resolve(++looks >= rowFrom ? { name: 'extract' } : undefined),
  }
  return source as unknown as RunSource & { readonly looks: () => number }
}

const writer = { runId: 'r', taskRunId: '0198c2f4-aaaa-7bbb-8ccc-000000000001' }

test('a task that logs before its row is written is named once the row is there', async () => {
  const source = sourceWith(3)
  const pathOf = callPaths(source, () => Promise.resolve(true))
  expect(await pathOf(writer)).toBe('extract')
  expect(await pathOf(writer)).toBe('extract')
  expect(source.looks()).toBe(3)
})

test('a task that died before its row was written has its id for a name, and nobody waits for it', async () => {
  const source = sourceWith(3)
  expect(await callPaths(source, () => Promise.resolve(false))(writer)).toContain('0198c2f4')
  expect(source.looks()).toBe(1)
  expect(await callPaths(sourceWith(3))(writer)).toContain('0198c2f4')
})
