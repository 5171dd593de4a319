import type { NewDeploymentInput } from '@sluice/api'
import type { Json } from '@sluice/core'

/** What a project has: found by importing its files in a process of their own, as plain data. */
export interface Discovered {
  readonly flows: readonly DiscoveredFlow[]
  readonly deployments: readonly DiscoveredDeployment[]
  /** Files that could not be used, and why. The others were. */
  readonly problems: readonly DiscoveryProblem[]
}

export interface DiscoveredFlow {
  readonly name: string
  readonly description: string | null
  readonly tags: readonly string[]
  /** Relative to the project. */
  readonly file: string
  /** Its export; null when only its file knows it. */
  readonly exportName: string | null
  /** `file.ts:export`, by which a worker loads it. */
  readonly entrypoint: string
  /** JSON Schema of its parameters; null when it has no schema, or one that cannot be told. */
  readonly parameterSchema: JsonObject | null
}

export type JsonObject = { readonly [key: string]: Json }

/** What `flow.deploy()` and `sluice.config.ts` declare: all but the version of the code, which is hashed where it is deployed from. */
export type DiscoveredDeployment = Omit<NewDeploymentInput, 'source' | 'contentHash'> & { readonly file: string }

export interface DiscoveryProblem {
  /** Relative to the project. */
  readonly file: string
  readonly line: number | null
  readonly code: string
  readonly message: string
}

export interface DiscoveryOrder {
  /** The project's root, absolute. */
  readonly project: string
  /** Relative to the project or absolute. Left out: what `sluice.config.ts` names, else `flows/**` and `*.flow.ts`. */
  readonly files: readonly string[] | undefined
}

/** What the discovering process tells. */
export type DiscoveryMessage =
  | { readonly kind: 'importing'; readonly file: string }
  | { readonly kind: 'found'; readonly found: Discovered }
