import { SluiceError } from '@sluice/core'
import type { LakeCommitEntry, LakeTicket, LakeTicketHold } from '../../lake-store.ts'
import { plainText } from '../../codec/text.ts'
import { bothTexts, firstOf, type Query, query, rowsOf, type Steps } from '../../statement.ts'
import { locking, storeNow } from '../fragments.ts'

/** The holder's place in the line, when it has one: a range of the primary key, of those who wait. */
const findTicket: Query<[workspace: string, table: string, holder: string], { ticket: number }> = query(
  'find-lake-ticket',
  'select ticket from lake_ticket where workspace = $1 and table_name = $2 and holder = $3',
)

/** One row. Who draws meanwhile waits on PostgreSQL: tickets are drawn in the order of their commits. */
const drawTicket: Query<[workspace: string, table: string], { last: number }> = query(
  'draw-lake-ticket',
  `insert into lake_ticket_counter (workspace, table_name, last) values ($1, $2, 1)
    on conflict (workspace, table_name) do update set last = lake_ticket_counter.last + 1 returning last`,
)

const insertTicket: Query<[workspace: string, table: string, ticket: number, holder: string, micros: number]> = query(
  'insert-lake-ticket',
  bothTexts(
    (dialect) => `insert into lake_ticket (workspace, table_name, ticket, holder, expires_at)
    values ($1, $2, $3, $4, ${storeNow[dialect]} + cast($5 as bigint))`,
  ),
)

/** One row by primary key. */
const renewTicket: Query<[workspace: string, table: string, ticket: number, micros: number]> = query(
  'renew-lake-ticket',
  bothTexts(
    (dialect) => `update lake_ticket set expires_at = ${storeNow[dialect]} + cast($4 as bigint)
    where workspace = $1 and table_name = $2 and ticket = $3`,
  ),
)

/** Those before a ticket that nobody renews: a range of the primary key. */
const sweepTickets: Query<[workspace: string, table: string, ticket: number]> = query(
  'sweep-lake-tickets',
  bothTexts(
    (dialect) => `delete from lake_ticket
    where workspace = $1 and table_name = $2 and ticket < $3 and expires_at < ${storeNow[dialect]}`,
  ),
)

const countAhead: Query<[workspace: string, table: string, ticket: number], { n: number }> = query(
  'count-lake-tickets',
  'select count(*) as n from lake_ticket where workspace = $1 and table_name = $2 and ticket < $3',
)

const deleteTicket: Query<[workspace: string, table: string, holder: string]> = query(
  'delete-lake-ticket',
  'delete from lake_ticket where workspace = $1 and table_name = $2 and holder = $3',
)

/** {@link LakeStore.holdLakeTicket} */
export function* holdLakeTicket(
  workspace: string,
  { table, holder, micros, drawn }: LakeTicketHold,
): Steps<LakeTicket> {
  const name = plainText(holder)
  const found = yield* firstOf(findTicket(workspace, table, name))
  if (found === undefined && drawn) return { ticket: 0, ahead: 0, lost: true }
  const ticket = found?.ticket ?? (yield* firstOf(drawTicket(workspace, table)))?.last ?? 0
  if (found === undefined) yield* rowsOf(insertTicket(workspace, table, ticket, name, micros))
  else yield* rowsOf(renewTicket(workspace, table, ticket, micros))
  yield* rowsOf(sweepTickets(workspace, table, ticket))
  const ahead = yield* firstOf(countAhead(workspace, table, ticket))
  return { ticket, ahead: ahead?.n ?? 0, lost: false }
}

/** {@link LakeStore.releaseLakeTicket} */
export function* releaseLakeTicket(workspace: string, table: string, holder: string): Steps<void> {
  yield* rowsOf(deleteTicket(workspace, table, plainText(holder)))
}

/** One row by primary key, kept from being swept until the commit is done. */
const keepTicket: Query<[workspace: string, table: string, ticket: number], { ticket: number }> = query(
  'keep-lake-ticket',
  bothTexts(
    (dialect) => `select ticket from lake_ticket where workspace = $1 and table_name = $2 and ticket = $3
    ${locking(dialect, 'for share')}`,
  ),
)

/** The fence of leases: a ticket that has expired counts until somebody has gone past it. */
export function* requireLeases(workspace: string, commits: readonly LakeCommitEntry[]): Steps<void> {
  for (const { id, leases = [] } of commits)
    for (const { table, ticket } of leases) {
      if ((yield* firstOf(keepTicket(workspace, table, ticket))) !== undefined) continue
      throw new SluiceError('LAKE_COMMIT_CONFLICT', {
        table,
        commit: id,
        problem: 'its lease expired, and another has taken over',
      })
    }
}
