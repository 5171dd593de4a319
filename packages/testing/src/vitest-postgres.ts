import { isSluiceError } from '@sluice/core'
import { startPostgres } from './postgres/start-postgres.ts'

/**
 * A `globalSetup` for vitest: one server for all tests of a run, which find it in `TEST_DATABASE_URL`. Each test creates a
 * database of its own there. Where no server can be started the variable stays unset and tests say that they are skipped;
 * with `CI` set that is an error, because nobody reads there what was skipped.
 */
export async function setup(): Promise<() => Promise<void>> {
  const before = process.env['TEST_DATABASE_URL']
  try {
    const postgres = await startPostgres()
    process.env['TEST_DATABASE_URL'] = postgres.url()
    return async () => {
      if (before === undefined) delete process.env['TEST_DATABASE_URL']
      else process.env['TEST_DATABASE_URL'] = before
      await postgres.stop()
    }
  } catch (error) {
    if (!isSluiceError(error, 'TEST_DATABASE_UNAVAILABLE') || process.env['CI'] !== undefined) throw error
    process.stderr.write(`Tests on PostgreSQL are skipped. ${error.message}\n`)
    return async () => undefined
  }
}
