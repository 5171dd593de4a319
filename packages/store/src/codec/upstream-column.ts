import type { Upstream } from '../records.ts'
import { parseColumn } from './text.ts'

/** No edges at all: most calls of a script. */
const noEdges: Upstream = { data: [], after: [] }

/** Edges as JSON of what there is: `{"data":[…]}` without the empty list. Null when there are none. */
export function encodeUpstream(upstream: Upstream): string | null {
  const { data, after, more } = upstream
  if (data.length === 0 && after.length === 0 && more === undefined) return null
  return JSON.stringify({
    ...(data.length === 0 ? {} : { data }),
    ...(after.length === 0 ? {} : { after }),
    ...(more === undefined ? {} : { more }),
  })
}

/** Reads what {@link encodeUpstream} wrote. */
export function decodeUpstream(text: string | null): Upstream {
  return text === null ? noEdges : { ...noEdges, ...parseColumn<Partial<Upstream>>(text, noEdges) }
}
