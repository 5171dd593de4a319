import { SluiceError } from '@sluice/core'
import type { Origin } from '../ingest/source/origins.ts'
import type { RawMode } from './raw-part.ts'

export interface SaidModes {
  /** By the load's options. */
  readonly load: RawMode | undefined
  /** By the table's. */
  readonly table: RawMode | undefined
}

/** Throws `OPTION_INVALID` for what is no mode. */
export function requireRawMode(mode: string | undefined): void {
  if (mode !== undefined && !['copy', 'reference', 'none'].includes(mode))
    throw new SluiceError('OPTION_INVALID', { option: 'raw', problem: "it must be 'copy', 'reference' or 'none'" })
}

/**
 * What is kept of one origin. By default a copy of what cannot be asked for again (addresses, streams, generators, queries), a reference to files, and
 * nothing of rows that the code holds. A query of the lake itself is known by the versions that it read.
 */
export function rawModeOf(origin: Origin, { load, table }: SaidModes): RawMode {
  if (origin.kind === 'part') return 'reference'
  if (origin.kind === 'staged' || (origin.kind === 'path' && origin.label === undefined)) return 'none'
  const said = load ?? table
  if (origin.kind === 'path') return said ?? 'reference'
  if (origin.kind === 'url') return said ?? 'copy'
  if (said !== 'reference') return said ?? (isSpent(origin) ? 'copy' : 'none')
  if (load === undefined) return 'none'
  throw new SluiceError('OPTION_INVALID', {
    option: 'raw',
    problem: "streams and rows are nowhere else to be referred to; say 'copy' or 'none'",
  })
}

/** Whether an origin is spent when it was read, or may answer otherwise when it is asked again: it is sealed, whatever is kept of it. Files and arrays are there still. */
export function isSpent(origin: Origin): boolean {
  if (origin.kind === 'rows') return isSpentRows(origin.rows)
  return origin.kind === 'url' || origin.kind === 'stream' || origin.kind === 'sql'
}

export function isSpentRows(rows: object): boolean {
  return Symbol.asyncIterator in rows || 'next' in rows
}
