import { openHome } from '@sluice/engine'
import { startPostgres } from '@sluice/testing'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { silentLog } from './log.ts'
import { startServer } from './start-server.ts'

describe.skipIf(process.env['TEST_DATABASE_URL'] === undefined)('servers on one PostgreSQL', () => {
  test('share a key, or the second does not start', async () => {
    const { url, drop } = await (await startPostgres()).createDatabase()
    const dir = await mkdtemp(path.join(tmpdir(), 'sluice-keys-'))
    try {
      const homes = [path.join(dir, 'a'), path.join(dir, 'b')] as const
      const start = (home: string) => startServer({ home, databaseUrl: url, port: 0, log: silentLog })
      await using first = await start(homes[0])
      await using again = await start(homes[0])
      expect(again.url).not.toBe(first.url)
      await expect(start(homes[1])).rejects.toMatchObject({ code: 'SERVER_KEY_MISMATCH' })
      // It left nothing open: the database can be dropped, and its home be used.
      await using other = await openHome({ home: homes[1], databaseUrl: url })
      expect(other.store.kind).toBe('postgres')
    } finally {
      await drop()
      await rm(dir, { recursive: true, force: true })
    }
  })
})
