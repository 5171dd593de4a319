import type { ScheduleSpec } from '../../catalog-store.ts'
import { type ColumnsOf, columnList, type Encoded, recordTypes } from '../../codec/columns.ts'
import { encodeScheduleSpec, type ScheduleRow } from '../../codec/deployment-codec.ts'
import { flag } from '../../codec/text.ts'
import type { Platform } from '../../platform.ts'
import { bothTexts, listed, listOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { storeNow } from '../fragments.ts'

type WrittenRow = Omit<ScheduleRow, 'last_at' | 'created_at' | 'updated_at'>

const writtenColumns: ColumnsOf<WrittenRow> = {
  id: 'id',
  deployment_id: 'id',
  slug: 'text',
  spec: 'text',
  parameters: 'text',
  declared_active: 'integer',
  active: 'integer',
  enabled: 'integer',
  misfire_grace_ms: 'bigint',
  catch_up: 'text',
  next_at: 'bigint',
}

const columns = columnList(writtenColumns)
const changing = Object.keys(writtenColumns).filter((name) => !['id', 'deployment_id', 'slug'].includes(name))

/**
 * A range of `schedule_slug`, locked: a firing that is under way commits first, so that its cursor is not written over with an
 * older one; one that comes later leaves them alone and tries again.
 */
const selectFound: Query<[deploymentId: string], ScheduleRow> = query(
  'put-schedules-find',
  bothTexts(
    (dialect) =>
      `select * from schedule where deployment_id = $1 order by slug${dialect === 'postgres' ? ' for update' : ''}`,
  ),
)

const upsert: Query<[rows: string]> = query(
  'put-schedules',
  bothTexts((dialect) => {
    const now = storeNow[dialect]
    const rows =
      dialect === 'sqlite'
        ? `${Object.keys(writtenColumns)
            .map((name) => `value ->> '${name}'`)
            .join(', ')}, ${now}, ${now} from json_each($1)`
        : `${columns}, ${now}, ${now} from json_to_recordset($1::json) as r (${recordTypes(writtenColumns)})`
    return `insert into schedule (${columns}, created_at, updated_at) select ${rows} where true
      on conflict (deployment_id, slug) do update set updated_at = excluded.updated_at,
        ${changing.map((name) => `${name} = excluded.${name}`).join(', ')}`
  }),
)

const remove: Query<[deploymentId: string, slugs: string]> = query(
  'put-schedules-remove',
  bothTexts((dialect) => `delete from schedule where deployment_id = $1 and slug in ${listed('$2')[dialect]}`),
)

/**
 * Makes the schedules of a deployment what `specs` says, by slug. One whose spec is unchanged keeps its cursor, and stays paused
 * or active as an operator left it, unless the code itself says something else than it said before. True when anything changed.
 */
export function* putSchedules(
  deploymentId: string,
  specs: readonly ScheduleSpec[] | undefined,
  paused: boolean,
  platform: Platform,
): Steps<boolean> {
  if (specs === undefined) return false
  const found = new Map((yield* rowsOf(selectFound(deploymentId))).map((row) => [row.slug, row]))
  const rows = specs.map((spec) => {
    const before = found.get(spec.slug)
    return before === undefined ? added(spec, deploymentId, paused, platform.newId()) : continued(spec, before, paused)
  })
  const changed = rows.filter((row) => differs(found.get(String(row.slug)), row))
  const gone = [...found.keys()].filter((slug) => !specs.some((spec) => spec.slug === slug))
  if (changed.length > 0) yield* rowsOf(upsert(JSON.stringify(changed)))
  if (gone.length > 0) yield* rowsOf(remove(deploymentId, listOf(gone)))
  return changed.length > 0 || gone.length > 0
}

function added(spec: ScheduleSpec, deploymentId: string, paused: boolean, id: string): Encoded<WrittenRow> {
  return {
    ...encodeScheduleSpec(spec),
    id,
    deployment_id: deploymentId,
    slug: spec.slug,
    active: flag(spec.active),
    enabled: flag(spec.active && !paused),
    next_at: spec.nextAt,
  }
}

function continued(spec: ScheduleSpec, before: ScheduleRow, paused: boolean): Encoded<WrittenRow> {
  const said = flag(spec.active)
  const active = said === before.declared_active ? before.active : said
  const goesOn = spec.spec === before.spec && active === before.active
  return {
    ...encodeScheduleSpec(spec),
    id: before.id,
    deployment_id: before.deployment_id,
    slug: before.slug,
    active,
    enabled: active === 1 && !paused ? 1 : 0,
    next_at: goesOn ? before.next_at : spec.nextAt,
  }
}

function differs(before: ScheduleRow | undefined, row: Encoded<WrittenRow>): boolean {
  return (
    before === undefined || changing.some((name) => before[name as keyof WrittenRow] !== row[name as keyof WrittenRow])
  )
}
