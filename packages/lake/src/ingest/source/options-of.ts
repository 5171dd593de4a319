import type { LoadOptions } from '../../table/types.ts'
import { FilesSource, SqlSource } from './lazy-source.ts'

/** What a source says of its own load. */
export function optionsOf(source: unknown): Pick<LoadOptions<Record<string, unknown>>, 'cursor' | 'once'> {
  if (source instanceof FilesSource) return { once: source.once }
  if (source instanceof SqlSource && source.cursor !== undefined) return { cursor: source.cursor }
  return {}
}
