// node seed-runs.ts <url> <count>: fills the table of runs as years of use would, by the database itself.
import { Client } from 'pg'

/** Runs of 50 flows and 200 deployments over a year: 90 % Completed, some failed and cancelled, few alive. */
export async function seedRuns(url: string, count: number): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('set search_path to sluice')
    for (const [name, value] of Object.entries(hurried)) await client.query(`alter system set ${name} = '${value}'`)
    await client.query('select pg_reload_conf()')
    await client.query("set maintenance_work_mem to '1GB'")
    const indexes = await dropIndexes(client)
    await client.query(deployments)
    await client.query('alter table run disable trigger user')
    for (let from = 0; from < count; from += chunk)
      await client.query(insert, [from, Math.min(chunk, count - from), count])
    await client.query('alter table run enable trigger user')
    await client.query(tags, [])
    for (const { definition } of indexes) await client.query(definition)
    await client.query('vacuum analyze run, run_tag')
  } finally {
    await client.query('alter system reset all')
    await client.query('select pg_reload_conf()')
    await client.query('checkpoint')
    await client.end()
  }
}

/** While it fills: what is measured afterwards is read, with the server's own settings again. */
const hurried = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off', max_wal_size: '16GB' }

const chunk = 500_000

const deployments = `with made as (
    insert into deployment (id, workspace, flow, name, entrypoint, source, pool, queue, version_id, created_by, created_at, updated_at)
    select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'default', 'flow-' || n / 4, 'd' || n % 4, 'flows.ts:flow',
      '{"kind":"directory","path":"/"}', 'default', 'default', gen_random_uuid(), 'home', 0, 0 from generate_series(0, 199) as n
    returning *
  )
  insert into deployment_version (id, deployment_id, number, content_hash, entrypoint, source, created_by, created_at)
  select version_id, id, 1, 'none', entrypoint, source, created_by, created_at from made`

/** Ids are UUIDv7 of their time, in order: as they would have come. */
const insert = `insert into run (id, workspace, created_by, root_id, flow, name, epoch, journal_seq, state_type, state_name, state_at, timeline,
    attempt, created_at, started_at, ended_at, tags, deployment_id, pool, queue, priority, due_at, parameters, result)
  select id, 'default', 'home', id, 'flow-' || flow, 'run-' || n, 2, 12, state[1], state[2], at + 2000000, '[["Scheduled",' || at || ']]',
    1, at, at + 1000000, case when state[1] in ('running', 'scheduled') then null else at + 2000000 end,
    '["team-' || n % 40 || '"]', ('00000000-0000-4000-8000-' || lpad(to_hex(flow * 4 + n % 4), 12, '0'))::uuid,
    'default', 'default', 0, at, '[{}]', '[1]'
  from (
    select n, at, flow, case when n % 1000 = 0 then array['running', 'Running'] when n % 500 = 1 then array['scheduled', 'Late']
        when n % 20 = 2 then array['failed', 'Failed'] when n % 25 = 3 then array['cancelled', 'Cancelled']
        else array['completed', 'Completed'] end as state,
      (lpad(to_hex(at / 1000), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') || '8' || substr(md5(n::text), 1, 15))::uuid as id
    from (select n, (1735689600000000 + n * (31536000000000 / $3::bigint)) as at, ((n * 7919) % 50)::int as flow
      from generate_series($1::bigint, $1::bigint + $2::bigint - 1) as n) as numbered
  ) as made`

const tags = `insert into run_tag (workspace, tag, run_id)
  select workspace, tags::json ->> 0, id from run where parent_id is null and tags is not null on conflict do nothing`

interface Index {
  readonly name: string
  readonly definition: string
}

/** Made anew at the end they take a fraction of the time. The primary key stays. */
async function dropIndexes(client: Client): Promise<readonly Index[]> {
  const { rows } = await client.query<Index>(
    `select indexname as name, indexdef as definition from pg_indexes
     where schemaname = 'sluice' and tablename = 'run' and indexname not like '%_pkey'`,
  )
  for (const { name } of rows) await client.query(`drop index ${name}`)
  return rows
}

if (import.meta.main) await seedRuns(process.argv[2] ?? '', Number(process.argv[3]))
