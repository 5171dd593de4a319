import { SluiceError } from '@sluice/core'
import { attemptContext } from '@sluice/engine'
import type { LineageDetail } from '../catalog/lake-catalog.ts'

/** Something outside of the lake that runs read or write: a table of a database, a bucket, a dashboard. */
export interface Asset {
  /** Its URL, without what is secret in it: what lineage knows it by. */
  readonly name: string
  /** Tells that the task reads it. Throws `OUTSIDE_RUN`. */
  read(): Promise<void>
  /** Tells that the task wrote it. Throws `OUTSIDE_RUN`. */
  wrote(detail?: LineageDetail): Promise<void>
}

/**
 * Something outside of the lake, by URL. Who reads or writes it says so, in a task; then it is part of the lineage. User, password,
 * query and fragment of the URL are left out: nothing secret is kept. Throws `OPTION_INVALID` for what is no URL.
 *
 * @example
 * const orders = asset('postgres://shop.example.org/shop/public.orders')
 * const rows = await client.query('select * from public.orders')
 * await orders.read()
 */
export function asset(url: string | URL): Asset {
  const name = nameOf(url)
  return {
    name,
    read: () => record(name, 'read', undefined),
    wrote: async (detail) => record(name, 'write', requireDetail(detail)),
  }
}

function nameOf(given: string | URL): string {
  const url = URL.parse(String(given))
  const fail = (problem: string): SluiceError =>
    new SluiceError('OPTION_INVALID', { option: 'url', of: 'asset', problem })
  if (!url) throw fail("it must be an absolute URL, as 'postgres://host/database/table'")
  url.username = ''
  url.password = ''
  url.search = ''
  url.hash = ''
  // A URL without a host keeps what looks like a user: it is no part of it.
  if (url.host === '' && url.pathname.includes('@')) throw fail('its path must have no @: a password could be in it')
  if (url.href.length > 2_000) throw fail('it must have at most 2000 characters')
  return url.href
}

function requireDetail(detail: LineageDetail | undefined): LineageDetail | undefined {
  if (detail === undefined) return undefined
  const fail = (option: string, problem: string): SluiceError =>
    new SluiceError('OPTION_INVALID', { option, of: 'asset', problem })
  const { rows, description, ...unknown } = detail
  const [other] = Object.keys(unknown)
  if (other !== undefined)
    throw new SluiceError('OPTION_UNKNOWN', { option: other, of: 'asset', known: ['rows', 'description'] })
  if (rows !== undefined && !(Number.isSafeInteger(rows) && rows >= 0))
    throw fail('rows', 'it must be a whole number from 0 on')
  if (description !== undefined && (typeof description !== 'string' || description.length > 2_000))
    throw fail('description', 'it must be a text of at most 2000 characters')
  return detail
}

async function record(name: string, direction: 'read' | 'write', detail: LineageDetail | undefined): Promise<void> {
  const context = attemptContext()
  if (!context) throw new SluiceError('OUTSIDE_RUN', { what: 'asset' })
  await context.requireOwned()
  const { currentLake } = await import('../table/open-lake.ts')
  const { catalog } = await currentLake()
  const { rootId, taskRunId } = context
  const owner = { rootId, ...(taskRunId !== undefined && { taskRunId }) }
  await catalog.recordLineage([{ ...owner, direction, dataset: name, ...(detail && { detail }) }])
}
