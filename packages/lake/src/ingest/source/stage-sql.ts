import { SluiceError } from '@sluice/core'
import { identifier } from '../../duckdb/quote.ts'
import type { CursorAt } from '../cursor/apply-cursor.ts'
import type { SqlSource, SqlSourceState, SqlTransaction } from './lazy-source.ts'
import { stageTaken, type WrittenRows } from './stage-rows.ts'
import type { WriterOptions } from './staged-writer.ts'

const rowsAtOnce = 5_000

/** Reads a query into a file, some rows at a time: the database holds the rest. */
export async function stageSql(
  { database, text }: SqlSource,
  at: CursorAt | undefined,
  path: string,
  options: WriterOptions & { readonly signal: AbortSignal },
): Promise<WrittenRows> {
  const { signal } = options
  const state: SqlSourceState = { last: at?.state?.last, from: at?.from, until: at?.until }
  const asked = typeof text === 'string' ? pushedDown(text, at, state) : text(state)
  const { text: sql, values } = typeof asked === 'string' ? { text: asked, values: [] } : asked
  return stageTaken(path, options, async (take) => {
    await database.transaction(
      async (tx) => {
        await tx.execute(`declare sluice_source no scroll cursor for ${sql}`, values)
        for (;;) {
          const rows = await fetchRows(tx)
          for (const row of rows) {
            const full = take(row)
            if (full) await full
          }
          signal.throwIfAborted()
          if (rows.length < rowsAtOnce) return
        }
      },
      { signal },
    )
  })
}

function fetchRows(tx: SqlTransaction): Promise<readonly object[]> {
  return tx.query(`fetch forward ${rowsAtOnce} from sluice_source`)
}

/** The query with what the cursor asks for. Rows without a value come too: what becomes of them is said elsewhere. */
function pushedDown(
  text: string,
  at: CursorAt | undefined,
  { from, until }: SqlSourceState,
): { readonly text: string; readonly values: readonly unknown[] } {
  const bare = text.trim().replace(/;$/, '')
  if (bare === '') throw new SluiceError('LOAD_SOURCE_INVALID', { problem: 'the query is empty' })
  const column = `source.${identifier(at?.cursor.column ?? '')}`
  const operator = at?.cursor.order === 'min' ? '<=' : '>='
  const bounds: string[] = []
  const values: string[] = []
  if (from !== undefined) bounds.push(`${column} ${operator} $${values.push(from)}`)
  if (until !== undefined) bounds.push(`${column} < $${values.push(until)}`)
  if (bounds.length === 0) return { text: bare, values }
  return { text: `select * from (${bare}\n) as source where (${bounds.join(' and ')}) or ${column} is null`, values }
}
