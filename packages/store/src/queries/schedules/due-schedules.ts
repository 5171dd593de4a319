import type { Micros } from '@sluice/core'
import type { DueSchedule } from '../../catalog-store.ts'
import type { ScheduleRow } from '../../codec/deployment-codec.ts'
import { parseColumn } from '../../codec/text.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

const enabled = 'enabled = 1 and next_at is not null'

/** The beginning of `schedule_due`: what a scheduler asks many times between two occurrences. No lock. */
const selectFirst: Query<[], { now: Micros; next_at: Micros | null }> = query(
  'next-schedule',
  bothTexts(
    (dialect) => `select ${storeNow[dialect]} as now, (select min(next_at) from schedule where ${enabled}) as next_at`,
  ),
)

interface DueRow {
  readonly id: string
  readonly slug: string
  readonly spec: string
  readonly schedule_parameters: string | null
  readonly misfire_grace_ms: number
  readonly catch_up: ScheduleRow['catch_up']
  readonly next_at: Micros
  readonly schedule_updated_at: Micros
  readonly deployment_id: string
  readonly flow: string
  readonly name: string
  readonly tags: string | null
  readonly entrypoint: string
  readonly parameters: string | null
  readonly pool: string
  readonly queue: string
  readonly priority: number
  readonly job_variables: string | null
  readonly version_id: string
  readonly updated_at: Micros
}

/** A range of `schedule_due`, and one row by primary key for each. No lock: whoever fires compares the cursor. */
const selectDue: Query<[now: Micros, limit: number], DueRow> = query(
  'due-schedules',
  `select s.id, s.slug, s.spec, s.parameters as schedule_parameters, s.misfire_grace_ms, s.catch_up, s.next_at,
     s.updated_at as schedule_updated_at, d.id as deployment_id, d.flow, d.name, d.tags, d.entrypoint, d.parameters, d.pool, d.queue,
     d.priority, d.job_variables, d.version_id, d.updated_at
   from (select * from schedule where ${enabled} and next_at <= $1 order by next_at limit $2) as s
   join deployment d on d.id = s.deployment_id
   order by s.next_at, s.id`,
)

/** The first of `schedule_due` that has not come yet. */
const selectLater: Query<[now: Micros], { next_at: Micros | null }> = query(
  'later-schedule',
  `select min(next_at) as next_at from schedule where ${enabled} and next_at > $1`,
)

/** {@link CatalogStore.dueSchedules} */
export function* dueSchedules(
  limit: number,
): Steps<{ readonly now: Micros; readonly due: readonly DueSchedule[]; readonly nextInMicros: number | null }> {
  const first = yield* firstOf(selectFirst())
  const now = first?.now ?? 0
  const nextAt = first?.next_at ?? null
  if (nextAt === null) return { now, due: [], nextInMicros: null }
  if (nextAt > now) return { now, due: [], nextInMicros: nextAt - now }
  const rows = yield* rowsOf(selectDue(now, limit))
  const due = rows.map(decodeDue)
  if (rows.length >= limit) return { now, due, nextInMicros: 0 }
  const later = (yield* firstOf(selectLater(now)))?.next_at ?? null
  return { now, due, nextInMicros: later === null ? null : later - now }
}

function decodeDue(row: DueRow): DueSchedule {
  return {
    schedule: {
      id: row.id,
      slug: row.slug,
      spec: row.spec,
      parameters: row.schedule_parameters,
      misfireGraceMs: row.misfire_grace_ms,
      catchUp: row.catch_up,
      nextAt: row.next_at,
      updatedAt: row.schedule_updated_at,
    },
    deployment: {
      id: row.deployment_id,
      flow: row.flow,
      name: row.name,
      tags: parseColumn<readonly string[]>(row.tags, []),
      entrypoint: row.entrypoint,
      parameters: row.parameters,
      pool: row.pool,
      queue: row.queue,
      priority: row.priority,
      jobVariables: row.job_variables,
      versionId: row.version_id,
      updatedAt: row.updated_at,
    },
  }
}
