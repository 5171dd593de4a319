import type { Micros } from '@sluice/core'
import type { DueSchedule } from '../../catalog-store.ts'
import { decodeDeployment, decodeSchedule, type DeploymentRow, type ScheduleRow } from '../../codec/deployment-codec.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'
import { deploymentColumns } from '../catalog/get-deployment.ts'

const enabled = 'enabled = 1 and next_at is not null'

/** The beginning of `schedule_due`: what a scheduler asks many times between two occurrences. No lock. */
const selectFirst: Query<[], { now: Micros; next_at: Micros | null }> = query(
  'next-schedule',
  bothTexts(
    (dialect) => `select ${storeNow[dialect]} as now, (select min(next_at) from schedule where ${enabled}) as next_at`,
  ),
)

type DueRow = DeploymentRow & Readonly<Record<`s_${keyof ScheduleRow}`, unknown>>

const scheduleNames: readonly (keyof ScheduleRow)[] = [
  'id',
  'deployment_id',
  'slug',
  'spec',
  'parameters',
  'declared_active',
  'active',
  'enabled',
  'misfire_grace_ms',
  'catch_up',
  'next_at',
  'last_at',
  'created_at',
  'updated_at',
]

/** A range of `schedule_due`, and two rows by primary key for each. No lock: whoever fires compares the cursor. */
const selectDue: Query<[now: Micros, limit: number], DueRow> = query(
  'due-schedules',
  `select ${scheduleNames.map((name) => `s.${name} as s_${name}`).join(', ')}, ${deploymentColumns}
   from (select * from schedule where ${enabled} and next_at <= $1 order by next_at limit $2) as s
   join deployment d on d.id = s.deployment_id join deployment_version v on v.id = d.version_id
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
  const due = rows.map((row) => ({ schedule: scheduleIn(row), deployment: decodeDeployment(row) }))
  if (rows.length >= limit) return { now, due, nextInMicros: 0 }
  const later = (yield* firstOf(selectLater(now)))?.next_at ?? null
  return { now, due, nextInMicros: later === null ? null : later - now }
}

function scheduleIn(row: DueRow): DueSchedule['schedule'] {
  const fields = Object.fromEntries(scheduleNames.map((name) => [name, row[`s_${name}`]]))
  return decodeSchedule(fields as unknown as ScheduleRow)
}
