import { type Home, openHome } from '@sluice/engine'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'

/** The database that the bench runner made for this measurement. Throws when there is none. */
export function databaseUrl(): string {
  const url = process.env['BENCH_DATABASE_URL']
  if (url === undefined) throw new Error('BENCH_DATABASE_URL is not set: run this through bench/main.ts')
  return url
}

/** A directory that goes away with its user. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sluice-bench-'))
  return {
    path: directory,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true, maxRetries: 10 }),
  }
}

/** Gives `use` a home of its own: SQLite with the defaults of a script, or PostgreSQL. */
export async function withHome<T>(
  target: { readonly databaseUrl?: string },
  use: (home: Home) => Promise<T>,
): Promise<T> {
  await using directory = await temporaryDirectory()
  await using home = await openHome({ home: path.join(directory.path, '.sluice'), ...target })
  return await use(home)
}
