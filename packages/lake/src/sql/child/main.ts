// The process that runs users' queries, told over IPC by the one that started it, and ending with it. It knows no
// credentials, and its DuckDB opens only the files of the tables that the query names.
import type { FromQueryProcess, RowColumns, ToQueryProcess } from './messages.ts'
import { makeNextInstance } from './next-instance.ts'
import { parseQuery } from './parse-query.ts'
import { runQuery } from './run-query.ts'

const send = process.send?.bind(process)
/** Messages of rows that may be on their way: one is taken while the next is made. */
const mostOnTheWay = 4
const sending: { onTheWay: number; taken?: () => void } = { onTheWay: 0 }

// Not by `exit`: it waits for the threads of Node, in one of which a query may be that has no end.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
process.on('message', (message: ToQueryProcess) => void hear(message))
void tell({ kind: 'ready' })

async function hear(message: ToQueryProcess): Promise<void> {
  if (message.kind === 'more') {
    sending.onTheWay--
    return sending.taken?.()
  }
  try {
    if (message.kind === 'parse') return await tell({ kind: 'tree', tree: await parseQuery(message.sql) })
    sending.onTheWay = 0
    await tell({ kind: 'end', ...(await runQuery(message, sendRows)) })
    makeNextInstance(message)
  } catch (error) {
    await tell({ kind: 'failed', problem: error instanceof Error ? error.message : String(error) })
  }
}

/** Resolves when the other side has taken enough: what it has not read yet stays in DuckDB. */
async function sendRows(rows: RowColumns): Promise<void> {
  sending.onTheWay++
  await tell({ kind: 'rows', rows })
  while (sending.onTheWay >= mostOnTheWay) await new Promise<void>((resolve) => (sending.taken = resolve))
}

function tell(message: FromQueryProcess): Promise<void> {
  return new Promise((resolve) => {
    if (!send?.(message, undefined, undefined, () => resolve())) resolve()
  })
}
