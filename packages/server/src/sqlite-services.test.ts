import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createDatabaseFile } from '@sluice/testing'
import { describe } from 'vitest'
import { servicesSuite } from './services.testsuite.ts'

describe('on SQLite', () => {
  servicesSuite({
    shared: false,
    async createDatabase() {
      const dir = await mkdtemp(path.join(tmpdir(), 'sluice-services-'))
      const target = path.join(dir, 'sluice.db')
      await createDatabaseFile(target)
      return { target, drop: () => rm(dir, { recursive: true, force: true }) }
    },
  })
})
