import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['{packages,integrations,examples,scripts,docs}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    env: { SLUICE_LOG: 'silent' },
    testTimeout: 30_000,
  },
})
