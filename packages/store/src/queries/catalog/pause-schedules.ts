import type { Micros } from '@sluice/core'
import type { DeploymentRecord, ScheduleRecord } from '../../catalog-store.ts'
import { decodeSchedule, type ScheduleRow } from '../../codec/deployment-codec.ts'
import { flag } from '../../codec/text.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'
import { getDeployment } from './get-deployment.ts'

/** One row by primary key, locked until its schedules are changed. */
const setPaused: Query<[id: string, paused: number], { id: string }> = query(
  'pause-deployment',
  bothTexts(
    (
      dialect,
    ) => `update deployment set paused = $2, updated_at = case when paused = $2 then updated_at else ${storeNow[dialect]} end
    where id = $1 returning id`,
  ),
)

/** A range of `schedule_slug`. Those that were enabled already keep their cursor: nothing resumes there. */
const enableSchedules: Query<[deploymentId: string, paused: number, nextAt: string]> = query(
  'pause-schedules',
  bothTexts((dialect) => {
    const given =
      dialect === 'sqlite'
        ? '(select value from json_each($3) as given where given.key = schedule.slug)'
        : '(select cast(given.value as bigint) from json_each_text($3::json) as given where given.key = schedule.slug)'
    return `update schedule set updated_at = ${storeNow[dialect]},
      next_at = case when $2 = 0 and enabled = 0 and active = 1 then ${given} else next_at end,
      enabled = case when $2 = 0 then active else 0 end
    where deployment_id = $1 and enabled <> case when $2 = 0 then active else 0 end`
  }),
)

/** {@link CatalogStore.setDeploymentPaused} */
export function* setDeploymentPaused(
  id: string,
  paused: boolean,
  nextAt: Readonly<Record<string, Micros | null>>,
): Steps<DeploymentRecord | undefined> {
  if ((yield* firstOf(setPaused(id, flag(paused)))) === undefined) return undefined
  yield* rowsOf(enableSchedules(id, flag(paused), JSON.stringify(nextAt)))
  return yield* getDeployment(id)
}

/** The row of the deployment that a schedule belongs to, locked before its schedule as everywhere. */
const holdDeployment: Query<[scheduleId: string], { paused: number }> = query(
  'hold-deployment-of-schedule',
  bothTexts(
    (dialect) => `select paused from deployment where id = (select deployment_id from schedule where id = $1)
    ${dialect === 'postgres' ? 'for update' : ''}`,
  ),
)

/** One row by primary key. */
const setActive: Query<[id: string, active: number, enabled: number, nextAt: Micros | null], ScheduleRow> = query(
  'set-schedule-active',
  bothTexts(
    (dialect) => `update schedule set active = $2, enabled = $3, updated_at = ${storeNow[dialect]},
      next_at = case when $2 = 1 and active = 0 then cast($4 as bigint) else next_at end
    where id = $1 returning *`,
  ),
)

/** {@link CatalogStore.setScheduleActive} */
export function* setScheduleActive(
  id: string,
  active: boolean,
  nextAt: Micros | null,
): Steps<ScheduleRecord | undefined> {
  const deployment = yield* firstOf(holdDeployment(id))
  if (deployment === undefined) return undefined
  const row = yield* firstOf(setActive(id, flag(active), flag(active && deployment.paused === 0), nextAt))
  return row && decodeSchedule(row)
}
