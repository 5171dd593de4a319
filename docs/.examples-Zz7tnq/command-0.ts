import { defineConfig } from 'sluice/config'

export default defineConfig({
  flows: ['pipelines/*.ts'],
  deployments: [{ entrypoint: 'pipelines/etl.ts:ingest', name: 'nightly', cron: '0 5 * * *', timezone: 'Europe/Berlin' }],
})
