import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe } from 'vitest'
import { servicesSuite } from './services.testsuite.ts'

describe('on SQLite', () => {
  servicesSuite({
    shared: false,
    async createDatabase() {
      const dir = await mkdtemp(path.join(tmpdir(), 'sluice-services-'))
      return { target: path.join(dir, 'sluice.db'), drop: () => rm(dir, { recursive: true, force: true }) }
    },
  })
})
