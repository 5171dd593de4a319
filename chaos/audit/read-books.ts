import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'

/** One line of the second book. */
export interface AuditEntry {
  readonly n: number
  /** By the database's clock, in µs. */
  readonly at: number
  /** 0 on SQLite. */
  readonly tx: number
  readonly kind: 'epoch' | 'journal' | 'task' | 'dropped' | 'held' | 'freed'
  readonly root: string
  readonly key: string | null
  readonly a: number | null
  readonly b: number | null
  readonly note: string | null
}

export interface BookedRun {
  readonly id: string
  readonly root_id: string
  readonly parent_id: string | null
  readonly name: string | null
  readonly flow: string
  readonly state_type: string
  readonly state_name: string
  readonly state_message: string | null
  readonly result: string | null
  readonly started_by: string | null
  readonly schedule_id: string | null
  readonly interval_end: number | null
  readonly epoch: number
  readonly crash_count: number
  readonly error: string | null
}

/** What the database says at the end. */
export interface Books {
  readonly runs: readonly BookedRun[]
  /** Rows that must be gone, by table. */
  readonly leftovers: Readonly<Record<string, number>>
  readonly limits: Readonly<Record<string, number>>
  readonly entries: readonly AuditEntry[]
}

const runColumns = `id, root_id, parent_id, name, flow, state_type, state_name, state_message, result, started_by, schedule_id,
  interval_end, epoch, crash_count, error`

const mustBeEmpty: Readonly<Record<string, string>> = {
  run_queue: 'select count(*) as count from run_queue',
  assignment: 'select count(*) as count from assignment',
  limit_slot: 'select count(*) as count from limit_slot',
  limit_waiter: 'select count(*) as count from limit_waiter',
  task_cancel: 'select count(*) as count from task_cancel',
  // One of a run that was cancelled while it had no process stays: a retry goes on with it.
  'open waits of completed runs':
    "select count(*) as count from wait join run on run.id = wait.root_id where status = 'open' and state_type = 'completed'",
}

type Ask = <T>(text: string) => Promise<readonly T[]>

export function readBooks(kind: 'sqlite' | 'postgres', database: string): Promise<Books> {
  return kind === 'postgres' ? fromPostgres(database) : fromSqlite(database)
}

async function fromPostgres(url: string): Promise<Books> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    // Counts and positions are far below what a number holds.
    const ask: Ask = async <T>(text: string) => (await client.query(text)).rows.map(withNumbers) as readonly T[]
    await client.query('set search_path to sluice')
    return { ...(await read(ask)), entries: await ask<AuditEntry>('select * from chaos.entry order by n') }
  } finally {
    await client.end()
  }
}

async function fromSqlite(file: string): Promise<Books> {
  using database = new DatabaseSync(file, { readOnly: true })
  const ask: Ask = async <T>(text: string) => database.prepare(text).all() as unknown as readonly T[]
  return { ...(await read(ask)), entries: await ask<AuditEntry>('select * from chaos_entry order by n') }
}

async function read(ask: Ask): Promise<Omit<Books, 'entries'>> {
  const leftovers: Record<string, number> = {}
  for (const [name, text] of Object.entries(mustBeEmpty))
    leftovers[name] = (await ask<{ count: number }>(text))[0]?.count ?? 0
  const limits = await ask<{ name: string; slots: number }>('select name, slots from concurrency_limit')
  return {
    runs: await ask<BookedRun>(`select ${runColumns} from run order by id`),
    leftovers,
    limits: Object.fromEntries(limits.map(({ name, slots }) => [name, slots])),
  }
}

const numeric = new Set(['count', 'slots', 'interval_end', 'epoch', 'crash_count', 'n', 'at', 'tx', 'a', 'b'])

function withNumbers(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, numeric.has(name) && value !== null ? Number(value) : value]),
  )
}
