import type { LogLineJson } from '@sluice/api'
import type { Json } from '@sluice/core'
import type { LogRecord } from '../records.ts'
import { iso } from './fields.ts'

/** A log line as the API and `--json` tell it. */
export function logLineEntity(log: LogRecord): LogLineJson {
  const { position, rootId, runId, taskRunId, level, message } = log
  const fields = log.fields === null ? null : ({ ...log.fields } as Record<string, Json>)
  return { position, rootId, runId, taskRunId, at: iso(log.at), level, message, fields }
}
