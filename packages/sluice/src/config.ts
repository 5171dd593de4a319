import type { AnyFlow, DeployOptions } from '@sluice/engine'

/** One deployment of `sluice.config.ts`: of a flow, or of an entrypoint (`file.ts:export`) that need not be imported here. */
export type ConfiguredDeployment = DeployOptions &
  (
    | { readonly flow: AnyFlow | string; readonly entrypoint?: undefined }
    | { readonly entrypoint: string; readonly flow?: undefined }
  )

/** What `sluice.config.ts` may say. */
export interface SluiceConfig {
  /** Globs of the files that have flows. Default: `flows/**` and `*.flow.ts`. */
  readonly flows?: readonly string[]
  /** Deployed by `sluice deploy` and `sluice dev`, beside what `flow.deploy()` declares. */
  readonly deployments?: readonly ConfiguredDeployment[]
}

/**
 * A project's configuration, checked by the compiler: the default export of `sluice.config.ts`.
 *
 * @example
 * export default defineConfig({
 *   flows: ['flows/*.ts'],
 *   deployments: [{ entrypoint: 'flows/etl.ts:ingest', name: 'nightly', cron: '0 5 * * *' }],
 * })
 */
export function defineConfig(config: SluiceConfig): SluiceConfig {
  return config
}
