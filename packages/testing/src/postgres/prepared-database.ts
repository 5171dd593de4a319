import type { Client } from 'pg'

/** A database as it was when somebody looked. */
export interface PreparedDatabase {
  /** Ends all other connections and makes it what it was. False, and half done, when that cannot be. */
  readonly undo: () => Promise<boolean>
}

/**
 * Remembers what is in a database, to come back to it: rows and sequences are written again, about 5 ms. Locks, settings and
 * LISTEN end with the connections that hold them. What defines its tables is only compared.
 */
export async function prepareUndo(client: Client): Promise<PreparedDatabase> {
  const before = await look(client)
  const back = await wayBack(client)
  return {
    undo: async () => {
      await client.query(`select pg_terminate_backend(pid, 5000) from ${others}`)
      const now = await look(client)
      if (now.shared || now.grown || now.shape !== before.shape) return false
      await client.query(back)
      return true
    },
  }
}

const others = 'pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'

interface Look {
  /** Equal as long as nobody defines anything, and nothing is vacuumed or analyzed. */
  readonly shape: string
  /** True while somebody else is connected. */
  readonly shared: boolean
  /** True once a table has ten pages: up to that the planner treats it as it does an empty one. */
  readonly grown: boolean
}

/** The first id of what is not built in. */
const ours = 16_384

/** Where everything is that a statement can define, and the statistics. Every change there is another row version. */
const catalogs: readonly string[] = [
  ...['class', 'proc', 'type', 'constraint', 'trigger', 'attrdef', 'rewrite', 'policy', 'enum', 'statistic_ext'].map(
    (name) => `pg_${name} where oid >= ${ours}`,
  ),
  `pg_attribute where attrelid >= ${ours}`,
  `pg_index where indexrelid >= ${ours}`,
  `pg_inherits where inhrelid >= ${ours}`,
  `pg_statistic where starelid >= ${ours}`,
  ...['namespace', 'extension', 'default_acl', 'event_trigger', 'publication', 'largeobject_metadata'].map(
    (name) => `pg_${name}`,
  ),
  'pg_db_role_setting where setdatabase = (select oid from pg_database where datname = current_database())',
]

async function look(client: Client): Promise<Look> {
  const versions = catalogs.map((catalog) => `(select concat(count(*), '/', sum(xmin::text::bigint)) from ${catalog})`)
  // VACUUM and ANALYZE write over these two where they stand.
  const known = `(select concat(sum(relpages), '/', sum(reltuples)) from pg_class where oid >= ${ours})`
  const { rows } = await client.query<Look>(
    `select concat_ws(' ', ${[...versions, known].join(', ')}) as shape, exists (select from ${others}) as shared,
       exists (select from pg_class
         where oid >= ${ours} and relkind in ('r', 't') and pg_relation_size(oid) >= 10 * 8192) as grown`,
  )
  return rows[0] ?? { shape: '', shared: true, grown: true }
}

/** One text, and so one transaction. */
async function wayBack(client: Client): Promise<string> {
  const tables = await texts(
    client,
    `select oid::regclass::text as text from pg_class where oid >= ${ours} and relkind = 'r'
       and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'`,
  )
  const filled: string[] = []
  for (const table of tables) {
    const [rows = ''] = await texts(client, `select coalesce(jsonb_agg(row), '[]')::text as text from ${table} as row`)
    if (rows !== '[]')
      filled.push(`insert into ${table} overriding system value
      select * from jsonb_populate_recordset(null::${table}, ${client.escapeLiteral(rows)})`)
  }
  const sequences = await texts(
    client,
    `select format('select setval(%L, %s, %L)', format('%I.%I', schemaname, sequencename),
       coalesce(last_value, start_value), last_value is not null) as text from pg_sequences`,
  )
  return [...tables.map((table) => `delete from ${table}`), ...filled, ...sequences].join(';\n')
}

async function texts(client: Client, query: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ text: string }>(query)
  return rows.map((row) => row.text)
}
