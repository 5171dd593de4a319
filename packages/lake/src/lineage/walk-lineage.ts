import { SluiceError } from '@sluice/core'
import type { LakeLineageRecord, LakeLineageStep } from '@sluice/store'
import type { LakeView } from '../catalog/findable.ts'
import type { LineageGraph, LineageLink, LineageQuery } from './lineage-graph.ts'

/** One step from a dataset. */
export type TraceStep = (dataset: string, direction: LineageQuery['direction']) => Promise<readonly LakeLineageStep[]>

const deepest = 50
/** A graph of more datasets is nothing that anybody looks at. */
const mostDatasets = 500

/** Goes from a dataset step by step, each dataset once: a graph with circles ends. Throws `OPTION_INVALID`. */
export async function walkLineage(
  step: TraceStep,
  views: readonly LakeView[],
  query: LineageQuery,
): Promise<LineageGraph> {
  const { dataset, direction } = query
  const depth = requireDepth(query.depth ?? 3)
  const seen = new Set([dataset])
  const links = new Map<string, LineageLink>()
  let cut = false
  for (let [level, frontier] = [0, [dataset]]; level < depth && frontier.length > 0; level += 1) {
    const steps = (await Promise.all(frontier.map((each) => step(each, direction)))).flat()
    const found = [...linksOf(steps), ...definitions(views, direction, new Set(frontier))]
    for (const link of found) links.set(JSON.stringify([link.from, link.to]), link)
    const next = new Set(found.map(({ from, to }) => (direction === 'upstream' ? from : to)))
    const fresh = [...next].filter((each) => !seen.has(each))
    frontier = fresh.slice(0, Math.max(0, mostDatasets - seen.size))
    cut ||= frontier.length < fresh.length
    for (const each of frontier) seen.add(each)
  }
  return { dataset, direction, links: [...links.values()], cut }
}

function requireDepth(depth: number): number {
  if (Number.isSafeInteger(depth) && depth >= 1 && depth <= deepest) return depth
  throw new SluiceError('OPTION_INVALID', {
    option: 'depth',
    problem: `it must be a whole number from 1 to ${deepest}`,
  })
}

/** What the queries of views name: a view comes from that without ever being written. */
function definitions(
  views: readonly LakeView[],
  direction: LineageQuery['direction'],
  frontier: ReadonlySet<string>,
): readonly LineageLink[] {
  return views.flatMap(({ name: to, reads, updatedAt: at }) =>
    reads
      .filter((from) => frontier.has(direction === 'upstream' ? to : from))
      .map((from): LineageLink => ({ from, to, at, writes: 0, definition: true })),
  )
}

/** Of each pair the newest write. A table that was made from itself comes from nowhere else by that. */
function linksOf(steps: readonly LakeLineageStep[]): readonly LineageLink[] {
  const pairs = Map.groupBy(
    steps.filter(({ read, write }) => read.dataset !== write.dataset),
    ({ read, write }) => JSON.stringify([read.dataset, write.dataset]),
  )
  return [...pairs.values()].flatMap((pair) => {
    const newest = pair.reduce((one, other) => (later(other, one) ? other : one))
    const writes = new Set(pair.map(({ write }) => `${write.commitId} ${write.snapshotId}`))
    return [linkOf(newest, writes.size)]
  })
}

const later = (one: LakeLineageStep, other: LakeLineageStep): boolean =>
  one.write.at > other.write.at || (one.write.at === other.write.at && one.read.at > other.read.at)

function linkOf({ read, write }: LakeLineageStep, writes: number): LineageLink {
  return {
    from: read.dataset,
    to: write.dataset,
    ...(read.snapshotId !== null && { fromSnapshot: read.snapshotId }),
    ...(write.snapshotId !== null && { toSnapshot: write.snapshotId }),
    ...runOf(write),
    at: new Date(write.at / 1000).toISOString(),
    writes,
  }
}

const runOf = ({ rootId, taskRunId }: LakeLineageRecord): Pick<LineageLink, 'runId' | 'taskRunId'> => ({
  ...(rootId !== null && { runId: rootId }),
  ...(taskRunId !== null && { taskRunId }),
})
