import type { Client } from 'pg'
import { expect, test } from 'vitest'
import { feed } from './copy-from.ts'
import { startCopyIn } from './copy-in.ts'

/** The hook that `pg` calls. */
interface Submitted {
  submit(connection: object): void
  handleCopyInResponse(): void
  handleError(error: Error): void
}

test('a connection that is lost, which nobody has told yet, does not run through the source', async () => {
  const connection = {
    query: () => undefined,
    sendCopyFromChunk: () => undefined,
    // As a socket is between the write that broke it and its error.
    stream: { writable: false, writableNeedDrain: false },
  }
  let submitted: Submitted | undefined
  const query = (its: Submitted): void => {
    submitted = its
    its.submit(connection)
    its.handleCopyInResponse()
  }
  const copy = startCopyIn({ query } as unknown as Client, 'copy', 'test')
  let drawn = 0
  const source = function* (): Generator<string> {
    for (; drawn < 1_000; drawn++) yield '1\n'.repeat(100_000)
  }
  const fed = expect(feed(copy, { table: 't', columns: ['a'], source: source() })).rejects.toMatchObject({
    code: 'DATABASE_QUERY',
  })
  setImmediate(() => submitted?.handleError(new Error('Connection terminated unexpectedly')))
  await fed
  expect(drawn).toBeLessThan(5)
})
