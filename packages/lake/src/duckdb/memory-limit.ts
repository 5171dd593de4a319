import { totalmem } from 'node:os'
import { parseBytes } from '../storage/bytes-text.ts'

/** Of the memory of the machine or of the container. Loads have theirs, queries theirs: both at once leave something to others. */
const share = 0.4

/**
 * What one DuckDB may hold in memory, as it writes it; beyond that it goes to disk. `SLUICE_LAKE_MEMORY`, else two fifths of what
 * there is. Throws `OPTION_INVALID`.
 */
export function memoryLimit(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const given = env['SLUICE_LAKE_MEMORY']
  const bytes = given === undefined || given === '' ? share * memoryThereIs() : parseBytes(given, 'SLUICE_LAKE_MEMORY')
  return `${Math.max(1, Math.floor(bytes / 2 ** 20))}MiB`
}

/** A container without a limit says 0, or more than there is. */
function memoryThereIs(): number {
  return Math.min(totalmem(), process.constrainedMemory() || Infinity)
}
