import type {
  ApiTokenJson,
  LimitJson,
  TokenScope,
  VariableJson,
  WorkerJson,
  WorkPoolJson,
  WorkQueueJson,
} from '@sluice/api'
import {
  iso,
  type LimitRecord,
  type TokenRecord,
  type VariableRecord,
  type WorkerRecord,
  type WorkPoolRecord,
  type WorkQueueRecord,
} from '@sluice/store'
import { columnJson } from './stored-json.ts'

export function poolJson(pool: WorkPoolRecord): WorkPoolJson {
  const { name, description, concurrency, paused, running, queued, workersOnline } = pool
  const times = { createdAt: iso(pool.createdAt), updatedAt: iso(pool.updatedAt) }
  return { name, kind: 'process', description, concurrency, paused, running, queued, workersOnline, ...times }
}

export function queueJson(queue: WorkQueueRecord): WorkQueueJson {
  const { pool, name, concurrency, priority, paused, running, queued } = queue
  const times = { createdAt: iso(queue.createdAt), updatedAt: iso(queue.updatedAt) }
  return { pool, name, concurrency, priority, paused, running, queued, ...times }
}

export function workerJson(worker: WorkerRecord): WorkerJson {
  const { id, name, pool, queues, host, pid, version, mode, capacity, status, runs } = worker
  const facts = { id, name, pool, queues: [...queues], host, pid, version, mode, capacity, status, runs }
  return { ...facts, startedAt: iso(worker.startedAt), lastSeenAt: iso(worker.seenAt) }
}

export function limitJson(limit: LimitRecord): LimitJson {
  const { name, slots, origin, held, waiting } = limit
  const holders = limit.holders.map((holder) => ({
    rootId: holder.rootId,
    key: holder.key,
    slots: holder.slots,
    since: iso(holder.grantedAt),
  }))
  const times = { createdAt: iso(limit.createdAt), updatedAt: iso(limit.updatedAt) }
  return { name, slots, origin, held, holders, waiting, ...times }
}

export function variableJson(variable: VariableRecord): VariableJson {
  const { name, value, createdAt, updatedAt } = variable
  return { name, value: columnJson(value), createdAt: iso(createdAt), updatedAt: iso(updatedAt) }
}

export function tokenJson(token: TokenRecord): ApiTokenJson {
  const { id, name, scopes, createdBy } = token
  const times = { createdAt: iso(token.createdAt), expiresAt: iso(token.expiresAt), revokedAt: iso(token.revokedAt) }
  return { id, name, scopes: scopes as TokenScope[], createdBy, ...times }
}
