import type { Micros } from '@sluice/core'
import type { SlotHolder, WorkerRecord } from './dispatch-store.ts'
import type { NewRun, Page } from './records.ts'

/** What an installation keeps beside its runs: deployments and schedules, pools, limits, variables, blocks, tokens. */
export interface CatalogStore {
  /**
   * Makes or changes the deployment of this flow and name, with its schedules, in one transaction. Same content hash: same version;
   * another: the next number. Schedules keep identity and cursor by slug when their spec is unchanged; those not named any more go.
   * An operator's pause survives, of the deployment always, of a schedule until the code itself says another `active` than before.
   * `changed` is false when nothing differs. Throws `POOL_NOT_FOUND`, `QUEUE_NOT_FOUND`.
   */
  putDeployment(
    put: PutDeployment,
  ): Promise<{ readonly deployment: DeploymentRecord; readonly created: boolean; readonly changed: boolean }>
  getDeployment(id: string): Promise<DeploymentRecord | undefined>
  findDeployment(flow: string, name: string): Promise<DeploymentRecord | undefined>
  /** By flow and name. */
  listDeployments(query: {
    readonly limit: number
    readonly after?: string
    readonly flow?: string
    readonly tag?: string
    readonly name?: string
    readonly pool?: string
    readonly paused?: boolean
  }): Promise<Page<DeploymentRecord>>
  deleteDeployment(id: string): Promise<boolean>
  /** Pauses or resumes. Resuming sets each schedule's cursor to `nextAt[slug]`: what was due while paused does not fire. */
  setDeploymentPaused(
    id: string,
    paused: boolean,
    nextAt: Readonly<Record<string, Micros | null>>,
  ): Promise<DeploymentRecord | undefined>
  setScheduleActive(id: string, active: boolean, nextAt: Micros | null): Promise<ScheduleRecord | undefined>
  getDeploymentVersion(id: string): Promise<DeploymentVersionRecord | undefined>
  listDeploymentVersions(
    deploymentId: string,
    query: { readonly limit: number; readonly after?: string },
  ): Promise<Page<DeploymentVersionRecord>>

  /**
   * Enabled schedules whose cursor has come, by the store's clock, oldest first, each with its deployment. And what time it is there,
   * and how long until the next one comes: 0 when more than `limit` may have come, null when none ever will.
   */
  dueSchedules(
    limit: number,
  ): Promise<{ readonly now: Micros; readonly due: readonly DueSchedule[]; readonly nextInMicros: number | null }>
  /**
   * Moves cursors and inserts their runs in one transaction, each only while its cursor is still `expectedNextAt` and it is enabled:
   * of several replicas one wins. One that is being changed right now is left alone and stays due. Answers the ids of the runs that
   * were made.
   */
  fireSchedules(firings: readonly ScheduleFiring[]): Promise<readonly string[]>

  listPools(): Promise<readonly WorkPoolRecord[]>
  putPool(pool: {
    readonly name: string
    readonly kind: string
    readonly description: string | null
    readonly concurrency: number | null
  }): Promise<WorkPoolRecord>
  setPoolPaused(name: string, paused: boolean): Promise<WorkPoolRecord | undefined>
  /** Throws `POOL_IN_USE` while it has deployments, queued runs or online workers. */
  deletePool(name: string): Promise<boolean>
  listQueues(pool: string): Promise<readonly WorkQueueRecord[]>
  putQueue(queue: {
    readonly pool: string
    readonly name: string
    readonly concurrency: number | null
    readonly priority: number
  }): Promise<WorkQueueRecord>
  setQueuePaused(pool: string, name: string, paused: boolean): Promise<WorkQueueRecord | undefined>
  /** Throws `QUEUE_IN_USE` while it has deployments or runs, and always for the queue `default`. */
  deleteQueue(pool: string, name: string): Promise<boolean>
  listWorkers(query: { readonly pool?: string; readonly all?: boolean }): Promise<readonly WorkerRecord[]>

  listLimits(): Promise<readonly LimitRecord[]>
  getLimit(name: string): Promise<LimitRecord | undefined>
  /** Set by an operator: code that declares another size does not change it. Answers who was granted slots by a larger size. */
  putLimit(
    name: string,
    slots: number,
  ): Promise<{ readonly limit: LimitRecord; readonly granted: readonly SlotHolder[] }>
  /** Who waited for it goes on: what does not exist limits nothing, until code names it again. */
  deleteLimit(name: string): Promise<boolean>

  getVariable(name: string): Promise<VariableRecord | undefined>
  listVariables(query: {
    readonly limit: number
    readonly after?: string
    readonly name?: string
  }): Promise<Page<VariableRecord>>
  putVariable(name: string, value: string): Promise<VariableRecord>
  deleteVariable(name: string): Promise<boolean>

  getBlock(kind: string, name: string): Promise<BlockRecord | undefined>
  listBlocks(query: {
    readonly limit: number
    readonly after?: string
    readonly kind?: string
  }): Promise<Page<BlockRecord>>
  putBlock(block: {
    readonly kind: string
    readonly name: string
    readonly fields: string
    readonly secrets: string | null
  }): Promise<BlockRecord>
  deleteBlock(kind: string, name: string): Promise<boolean>
  /** Every block with secrets, for the rotation of the key: `reseal` in one transaction, only while the old text is still there. */
  resealBlocks(
    changes: readonly { readonly id: string; readonly before: string; readonly after: string }[],
  ): Promise<number>

  createToken(token: NewToken): Promise<TokenRecord>
  findToken(hash: string): Promise<TokenRecord | undefined>
  listTokens(): Promise<readonly TokenRecord[]>
  revokeToken(id: string): Promise<TokenRecord | undefined>

  getSetting(key: string): Promise<string | undefined>
  /** Writes it when it is not there; answers what is there now. */
  initSetting(key: string, value: string): Promise<string>
  putSetting(key: string, value: string): Promise<void>
}

export interface ScheduleSpec {
  readonly slug: string
  /** JSON of core's `Schedule`. */
  readonly spec: string
  /** Overrides, as text of the values codec; null: the deployment's. */
  readonly parameters: string | null
  readonly active: boolean
  readonly misfireGraceMs: number
  readonly catchUp: 'none' | 'latest' | 'all'
  /** The first occurrence, used for a schedule that is new or whose spec changed. */
  readonly nextAt: Micros | null
}

export interface ScheduleRecord extends ScheduleSpec {
  readonly id: string
  readonly deploymentId: string
  readonly enabled: boolean
  readonly lastAt: Micros | null
  readonly createdAt: Micros
  readonly updatedAt: Micros
}

export interface DeploymentFields {
  readonly workspace: string
  readonly flow: string
  readonly name: string
  readonly description: string | null
  readonly tags: readonly string[]
  /** `file.ts:export`, relative to the source. */
  readonly entrypoint: string
  /** JSON: `{ kind: 'directory', path }`. */
  readonly source: string
  /** Text of the values codec; null: none. */
  readonly parameters: string | null
  /** JSON Schema as text; null: the flow takes none or has none to show. */
  readonly parameterSchema: string | null
  readonly pool: string
  readonly queue: string
  readonly priority: number
  /** JSON. */
  readonly jobVariables: string | null
  readonly createdBy: string
}

export interface PutDeployment extends DeploymentFields {
  readonly contentHash: string
  /** Undefined: leave the schedules as they are. */
  readonly schedules?: readonly ScheduleSpec[]
  /** For a new deployment only. */
  readonly paused?: boolean
}

export interface DeploymentRecord extends DeploymentFields {
  readonly id: string
  readonly paused: boolean
  readonly versionId: string
  readonly versionNumber: number
  readonly contentHash: string
  readonly schedules: readonly ScheduleRecord[]
  readonly createdAt: Micros
  readonly updatedAt: Micros
}

export interface DeploymentVersionRecord {
  readonly id: string
  readonly deploymentId: string
  readonly number: number
  readonly contentHash: string
  readonly entrypoint: string
  readonly source: string
  readonly parameterSchema: string | null
  readonly createdBy: string
  readonly createdAt: Micros
}

/** What firing needs and no more: thousands may be due at one moment. */
export interface DueSchedule {
  readonly schedule: Pick<
    ScheduleRecord,
    'id' | 'slug' | 'spec' | 'parameters' | 'misfireGraceMs' | 'catchUp' | 'nextAt' | 'updatedAt'
  >
  readonly deployment: Pick<
    DeploymentRecord,
    | 'id'
    | 'flow'
    | 'name'
    | 'tags'
    | 'entrypoint'
    | 'parameters'
    | 'pool'
    | 'queue'
    | 'priority'
    | 'jobVariables'
    | 'versionId'
    | 'updatedAt'
  >
}

export interface ScheduleFiring {
  readonly scheduleId: string
  readonly expectedNextAt: Micros
  readonly nextAt: Micros | null
  /** With pool, queue, due time, interval and schedule id in it; may be none (an occurrence that is skipped). */
  readonly runs: readonly NewRun[]
}

export interface WorkPoolRecord {
  readonly name: string
  readonly kind: string
  readonly description: string | null
  readonly concurrency: number | null
  readonly paused: boolean
  readonly queued: number
  readonly running: number
  readonly workersOnline: number
  readonly createdAt: Micros
  readonly updatedAt: Micros
}

export interface WorkQueueRecord {
  readonly pool: string
  readonly name: string
  readonly concurrency: number | null
  readonly priority: number
  readonly paused: boolean
  readonly queued: number
  readonly running: number
  readonly createdAt: Micros
  readonly updatedAt: Micros
}

export interface LimitRecord {
  readonly name: string
  readonly slots: number
  readonly origin: 'code' | 'operator'
  readonly held: number
  /** Up to 100. */
  readonly holders: readonly {
    readonly rootId: string
    readonly key: string
    readonly slots: number
    readonly grantedAt: Micros
  }[]
  readonly waiting: number
  readonly createdAt: Micros
  readonly updatedAt: Micros
}

export interface VariableRecord {
  readonly name: string
  /** JSON. */
  readonly value: string
  readonly createdAt: Micros
  readonly updatedAt: Micros
}

export interface BlockRecord {
  readonly id: string
  readonly kind: string
  readonly name: string
  /** JSON, without secrets. */
  readonly fields: string
  /** Sealed. */
  readonly secrets: string | null
  readonly createdAt: Micros
  readonly updatedAt: Micros
}

export interface NewToken {
  readonly name: string
  /** SHA-256 of the token, hex. */
  readonly hash: string
  readonly scopes: readonly string[]
  readonly createdBy: string
  readonly expiresAt: Micros | null
}

export interface TokenRecord extends NewToken {
  readonly id: string
  readonly createdAt: Micros
  readonly revokedAt: Micros | null
}
