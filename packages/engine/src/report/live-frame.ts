import type { Micros } from '@sluice/core'
import { justify, span, type Line } from './line.ts'
import { folds, outline, type OutlineItem } from './live-outline.ts'
import type { LiveTree } from './live-tree.ts'

/** Durations at the right edge of a very wide terminal would be too far from their names. */
const widest = 110

/**
 * The lines of a frame: the trees of all live root runs, folded as little as the height allows, each line cut to the width.
 * When even everything folded is too long, the last line says how many are missing.
 */
export function liveFrame(
  trees: Iterable<LiveTree>,
  size: { readonly columns: number; readonly lines: number; readonly now: Micros },
): Line[] {
  const all = [...trees]
  // One column stays free: some terminals wrap a line that ends exactly at the edge.
  const columns = Math.max(10, Math.min(widest, size.columns - 1))
  let lines: Line[] = []
  for (const fold of folds) {
    lines = all.flatMap((tree) => drawItem(outline(tree, { now: size.now, fold, columns }), '', '', columns))
    if (lines.length <= size.lines) return lines
  }
  const kept = lines.slice(0, Math.max(0, size.lines - 1))
  return [...kept, [span(`… ${lines.length - kept.length} more`, 'dim')]]
}

function drawItem(item: OutlineItem, head: string, indent: string, columns: number): Line[] {
  const own = justify([span(head, 'dim'), ...item.line], item.right, columns)
  const below = item.children.flatMap((child, i) => {
    const last = i === item.children.length - 1
    return drawItem(child, `${indent}${last ? '└ ' : '├ '}`, `${indent}${last ? '  ' : '│ '}`, columns)
  })
  return [own, ...below]
}
