import type { ErrorCode, StateType } from '@sluice/core'

/**
 * What the command's exit says. 0: all is well, and for a run that it Completed. 1: the run failed or crashed, or the
 * command could not do its work (the store does not answer). 2: the command, its file or its environment is wrong, or the
 * run named cannot be taken up; nothing was run. 130: the run was cancelled, as after Ctrl-C.
 */
export const exitCodes = { ok: 0, failed: 1, usage: 2, cancelled: 130 } as const

/** The exit code for a run that stands in this state. One that has not ended is not a success. */
export function exitCodeOf(state: StateType): number {
  if (state === 'completed') return exitCodes.ok
  return state === 'cancelled' ? exitCodes.cancelled : exitCodes.failed
}

const usage: readonly string[] = [
  'PARAMETER_SYNTAX',
  'PARAMETERS_INVALID',
  'OPTION_INVALID',
  'OPTION_UNKNOWN',
  'DURATION_INVALID',
  'FILE_NOT_FOUND',
  'FLOW_NOT_FOUND',
  'FLOW_AMBIGUOUS',
  'RUN_NOT_FOUND',
  'AMBIGUOUS_ID',
  'IMPORT_FAILED',
  'RUN_DURING_IMPORT',
  'RUN_NOT_RETRYABLE',
  'RUN_STILL_OWNED',
  'RUN_NOT_RESUMABLE',
  'TASK_RUN_NOT_FOUND',
  'DEPLOYMENT_NOT_FOUND',
  'VERSION_NOT_FOUND',
  'SCHEDULE_NOT_FOUND',
  'SCHEDULE_INVALID',
  'POOL_NOT_FOUND',
  'POOL_IN_USE',
  'QUEUE_NOT_FOUND',
  'QUEUE_IN_USE',
  'LIMIT_NOT_FOUND',
  'VARIABLE_NOT_FOUND',
  'BLOCK_NOT_FOUND',
  'BLOCK_INVALID',
  'TOKEN_NOT_FOUND',
  'WAIT_NOT_FOUND',
  'WAIT_CLOSED',
  'ANSWER_INVALID',
  'IDEMPOTENCY_CONFLICT',
  'REQUEST_INVALID',
  'CONFIG_INVALID',
  'PORT_IN_USE',
  'TABLE_NAME_INVALID',
  'TABLE_NOT_FOUND',
  'INCIDENT_NOT_FOUND',
  'LOAD_NOT_FOUND',
  'LOAD_RAW_UNAVAILABLE',
  'RELEASE_NOT_FOUND',
  'RELEASE_EXISTS',
  'TABLE_OWNER_MISSING',
  'TABLE_VERSION_NOT_FOUND',
  'FILESET_FILE_NOT_FOUND',
  'LAKE_PATH_INVALID',
  'TABLE_COLUMN_UNKNOWN',
  'LOAD_SOURCE_INVALID',
  'LOAD_SOURCE_NOT_FOUND',
  'LAKE_NOT_REMOTE',
  'SQL_INVALID',
  'SQL_NOT_ALLOWED',
] satisfies ErrorCode[]

/** The exit code for an error that ended the command. */
export function exitCodeOfError(error: unknown): number {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && usage.includes(code) ? exitCodes.usage : exitCodes.failed
}
