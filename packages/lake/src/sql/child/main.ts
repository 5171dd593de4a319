// The process that runs users' queries, told over IPC by the one that started it, and ending with it. It knows no
// credentials, and its DuckDB opens only the files of the tables that the query names.
import type { FromQueryProcess, ToQueryProcess } from './messages.ts'
import { parseQuery } from './parse-query.ts'
import { runQuery } from './run-query.ts'

const send = process.send?.bind(process)
let taken: (() => void) | undefined

process.on('disconnect', () => process.exit(0))
process.on('message', (message: ToQueryProcess) => void hear(message))
void tell({ kind: 'ready' })

async function hear(message: ToQueryProcess): Promise<void> {
  if (message.kind === 'more') return taken?.()
  try {
    if (message.kind === 'parse') return await tell({ kind: 'tree', tree: await parseQuery(message.sql) })
    await tell({ kind: 'end', ...(await runQuery(message, sendRows)) })
  } catch (error) {
    await tell({ kind: 'failed', problem: error instanceof Error ? error.message : String(error) })
  }
}

/** Resolves when the other side wants more: what it has not read yet stays in DuckDB. */
async function sendRows(rows: readonly object[]): Promise<void> {
  const wanted = new Promise<void>((resolve) => (taken = resolve))
  await tell({ kind: 'rows', rows })
  await wanted
}

function tell(message: FromQueryProcess): Promise<void> {
  return new Promise((resolve) => {
    if (!send?.(message, undefined, undefined, () => resolve())) resolve()
  })
}
