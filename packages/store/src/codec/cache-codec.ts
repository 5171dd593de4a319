import type { Micros } from '@sluice/core'
import type { CachedResult, CacheEntry } from '../records.ts'
import type { ColumnsOf, Encoded } from './columns.ts'
import { decodeValue, encodeValue } from './stored-value-columns.ts'
import { plainText } from './text.ts'

/** The columns of `cache`. */
export const cacheColumns: ColumnsOf<CacheRow> = {
  key: 'text',
  workspace: 'text',
  task: 'text',
  result: 'text',
  result_ref: 'text',
  result_bytes: 'bigint',
  run_id: 'id',
  task_run_id: 'id',
  created_at: 'bigint',
  expires_at: 'bigint',
}

export interface CacheRow {
  readonly key: string
  readonly workspace: string
  readonly task: string
  readonly result: string | null
  readonly result_ref: string | null
  readonly result_bytes: number | null
  readonly run_id: string
  readonly task_run_id: string
  readonly created_at: Micros
  readonly expires_at: Micros | null
}

export function encodeCacheEntry(entry: CacheEntry): Encoded<CacheRow> {
  const result = encodeValue(entry.result)
  return {
    key: entry.key,
    workspace: entry.workspace,
    task: plainText(entry.task),
    result: result.text,
    result_ref: result.ref,
    result_bytes: result.bytes,
    run_id: entry.runId,
    task_run_id: entry.taskRunId,
    created_at: entry.createdAt,
    expires_at: entry.expiresAt,
  }
}

export function decodeCached(row: CacheRow): CachedResult {
  return {
    key: row.key,
    result: decodeValue(row.result, row.result_ref, row.result_bytes) ?? { text: '' },
    runId: row.run_id,
    taskRunId: row.task_run_id,
    createdAt: row.created_at,
  }
}
