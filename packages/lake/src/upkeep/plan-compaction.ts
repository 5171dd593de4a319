import type { ManifestEntry } from '../format/manifest.ts'
import { partitionText } from '../format/partition-text.ts'

export interface CompactionRule {
  /** In bytes: what a file should have. */
  readonly targetBytes: number
  /** So many small files of a partition are worth writing them together. */
  readonly leastFiles: number
  /** The table's own: files of another one stay as they are. */
  readonly specId: number
}

/** A live file of a snapshot, and the spec that it was partitioned by. */
export interface LiveEntry extends ManifestEntry {
  readonly specId: number
}

/** Files of this share of the target are large enough. */
const smallShare = 0.75

/**
 * Which files are to be written together: of each partition the small ones, and those that rows were deleted from by position. Each inner
 * list becomes one file; files that were written after each other stay together, so that their bounds do.
 */
export function planCompaction(entries: readonly LiveEntry[], rule: CompactionRule): readonly (readonly LiveEntry[])[] {
  const own = entries.filter(({ specId }) => specId === rule.specId)
  const deletes = own.filter(({ file }) => file.content === 1)
  const hasDeletes = ({ file, sequenceNumber }: LiveEntry): boolean =>
    deletes.some(
      (each) => (each.sequenceNumber ?? 0) >= (sequenceNumber ?? 0) && partitionText(each.file) === partitionText(file),
    )
  const rows = own.filter(({ file }) => file.content === 0).map((entry) => ({ entry, mustGo: hasDeletes(entry) }))
  const wanted = rows.filter(({ entry, mustGo }) => mustGo || entry.file.size < rule.targetBytes * smallShare)
  return [...Map.groupBy(wanted, ({ entry }) => partitionText(entry.file)).values()].flatMap((files) =>
    packed(files, rule).map((bin) => bin.map(({ entry }) => entry)),
  )
}

interface Candidate {
  readonly entry: LiveEntry
  readonly mustGo: boolean
}

function packed(files: readonly Candidate[], { targetBytes, leastFiles }: CompactionRule): readonly Candidate[][] {
  const bins: Candidate[][] = []
  let size = Infinity
  for (const file of files.toSorted((a, b) => (a.entry.sequenceNumber ?? 0) - (b.entry.sequenceNumber ?? 0))) {
    if (size + file.entry.file.size > targetBytes) {
      bins.push([])
      size = 0
    }
    bins.at(-1)?.push(file)
    size += file.entry.file.size
  }
  return bins.filter((bin) => bin.length >= leastFiles || bin.some(({ mustGo }) => mustGo))
}
