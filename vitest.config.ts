import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const everyTest = ['{packages,integrations,examples,scripts,docs,e2e,chaos}/**/*.test.ts']
const notOurs = ['**/node_modules/**', '**/dist/**']
// The kernel's own tests cover it wholly: `npm test` holds it to that in a run of its own, because counting slows everything.
const kernel = 'packages/core/src/**/*.test.ts'
// Tests that need a PostgreSQL: one server is started for all of them, and only when one of them runs.
const onPostgres = ['**/*postgres*.test.ts', 'integrations/postgres/**/*.test.ts']
// Tests that look at what a process has once, as its console: runs that other files leave as a crash would still hold it.
const alone = ['packages/engine/src/run/logprints.test.ts']
const postgresSetup = 'packages/testing/src/vitest-postgres.ts'

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  // Where vitest itself runs a globalSetup.
  environments: { __vitest__: { resolve: { conditions: ['source'] } } },
  test: {
    projects: [
      { extends: true, test: { name: 'core', include: [kernel], exclude: notOurs } },
      {
        extends: true,
        test: { name: 'main', include: everyTest, exclude: [...notOurs, ...onPostgres, ...alone, kernel] },
      },
      { extends: true, test: { name: 'alone', include: alone, exclude: notOurs, isolate: true } },
      { extends: true, test: { name: 'postgres', include: onPostgres, exclude: notOurs, globalSetup: postgresSetup } },
    ],
    // Processes that tests start compile the same sources again and again: 16 % of the time that theirs take.
    env: {
      SLUICE_LOG: 'silent',
      NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/sluice-tests', import.meta.url)),
    },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Many tests wait for processes of their own: with two on two cores these were idle for a sixth of the time.
    maxWorkers: Math.min(5, availableParallelism() + 1),
    // Files share their workers: to load all modules anew for each was a fifth of the time. Nothing here mocks a module, and what a
    // test changes in its process it puts back.
    isolate: false,
    setupFiles: ['packages/testing/src/vitest-forget-secrets.ts'],
    coverage: {
      provider: 'v8',
      include: ['packages/core/src/**/*.ts'],
      exclude: ['**/*.test.ts', '**/*.test-d.ts'],
      reporter: [],
      thresholds: { 'packages/core/src/**/*.ts': { lines: 100, branches: 100, functions: 100, statements: 100 } },
    },
  },
})
