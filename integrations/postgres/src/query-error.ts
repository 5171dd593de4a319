import { isSluiceError, SluiceError } from '@sluice/core'

/** What is known where a statement is sent. */
export interface QueryPlace {
  /** `user@host:port/database`. */
  readonly database: string
  readonly statement?: string
}

/** Errors of PostgreSQL by SQLSTATE, or its first two characters, and of the network by code: what to do about them. */
const advice: Readonly<Record<string, string>> = {
  '08': 'check that the server is up and reachable',
  '22': 'correct the value, or clean it before it is loaded',
  '23': 'the row breaks a rule of the table: look for it there or in the data',
  '28': 'check user and password',
  '40': 'run the whole transaction again',
  '42': 'compare the statement with the tables that exist',
  '53': 'the server is short of connections, memory or disk: free some or try later',
  '57': 'the server ended it: try again unless that was asked for',
  '25P02': 'a statement before it failed: let that error leave the transaction',
  '3D000': 'create the database first',
  ECONNREFUSED: 'check that the server is up and listens on this address',
  ENOENT: 'no server listens on this socket: check host and port',
  ENOTFOUND: 'check the host name',
  ETIMEDOUT: 'check that the server is reachable',
}

/** The same statement may succeed when it is sent again: the server or network was at fault, or another transaction. */
const transientCodes = /^(?:08|40|53|57P0[123]|55P03|ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN)/

/**
 * Turns whatever `pg` threw into a {@link SluiceError} `DATABASE_QUERY` with `sqlstate`, `transient` and a next step.
 * Values bound to the statement are never part of it; PostgreSQL's own detail line, which quotes rows, stays in the cause.
 */
export function queryError(error: unknown, place: QueryPlace): unknown {
  if (isSluiceError(error)) return error
  const code = textOf(error, 'code')
  const message = error instanceof Error && error.message !== '' ? error.message : (code ?? String(error))
  const where = textOf(error, 'where')
  const next = code === undefined ? undefined : (advice[code] ?? advice[code.slice(0, 2)])
  return new SluiceError(
    'DATABASE_QUERY',
    {
      database: place.database,
      problem: [message, where === undefined ? '' : ` at ${where}`, next === undefined ? '' : `; ${next}`].join(''),
      transient: code === undefined ? isConnectionLoss(message) : transientCodes.test(code),
      ...(code === undefined ? {} : { sqlstate: code }),
      ...(place.statement === undefined ? {} : { statement: shorten(place.statement) }),
      ...pick(error, ['table', 'column', 'constraint', 'position', 'hint']),
    },
    { cause: error },
  )
}

/**
 * True when sending the same again may succeed: a lost connection, a server that restarts, a deadlock.
 *
 * @example
 * ```ts
 * const load = task({ retries: 3, retryIf: isTransientDatabaseError }, async (rows: Row[]) => { … })
 * ```
 */
export function isTransientDatabaseError(error: unknown): boolean {
  return isSluiceError(error, 'DATABASE_QUERY') && error.details['transient'] === true
}

// `pg` gives these no code.
function isConnectionLoss(message: string): boolean {
  return /^(?:Connection terminated|timeout exceeded when trying to connect)/.test(message)
}

function shorten(statement: string): string {
  const line = statement.replace(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 200)}…` : line
}

function textOf(error: unknown, field: string): string | undefined {
  if (typeof error !== 'object' || error === null || !(field in error)) return undefined
  const value: unknown = Reflect.get(error, field)
  return typeof value === 'string' && value !== '' ? value : undefined
}

function pick(error: unknown, fields: readonly string[]): Record<string, string> {
  const picked: Record<string, string> = {}
  for (const field of fields) {
    const text = textOf(error, field)
    if (text !== undefined) picked[field] = text
  }
  return picked
}
