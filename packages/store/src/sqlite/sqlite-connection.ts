import { backup, type DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Statement, Steps, Value } from '../statement.ts'

/** One connection to a SQLite file, with its statements prepared once. Everything here is synchronous. */
export class SqliteConnection {
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** The prepared statement of a text; `name` is its key, because hashing a long text costs more than running it. */
  prepare(name: string, text: string): StatementSync {
    const known = this.#prepared.get(name)
    if (known !== undefined) return known
    // SQLite numbers `?1`; its `$1` is a name.
    const made = this.#database.prepare(text.replaceAll(/\$(\d+)/g, '?$1'))
    this.#prepared.set(name, made)
    return made
  }

  all(statement: Statement): readonly unknown[] {
    return this.prepare(statement.name, statement.text.sqlite).all(...(statement.values as Value[]))
  }

  /** Runs {@link Steps} to their end without a pause. */
  drive<T>(steps: Steps<T>): T {
    let next = steps.next([])
    while (next.done !== true) next = steps.next(this.all(next.value))
    return next.value
  }

  /** All of `work` or nothing of it, as the only writer. `work` must not wait for anything. */
  transaction<T>(work: () => T): T {
    this.prepare('begin', 'begin immediate').run()
    try {
      const value = work()
      this.prepare('commit', 'commit').run()
      return value
    } catch (error) {
      // Some errors, a full disk among them, have already rolled back.
      if (this.#database.isTransaction) this.#database.exec('rollback')
      throw error
    }
  }

  exec(text: string): void {
    this.#database.exec(text)
  }

  /** A copy as of one moment, made in steps between which others read and write. */
  async backupTo(file: string): Promise<void> {
    await backup(this.#database, file)
  }

  close(): void {
    this.#prepared.clear()
    this.#database.close()
  }
}
