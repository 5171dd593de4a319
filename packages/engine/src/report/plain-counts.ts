import { countText } from './progress-bar.ts'

/** How one task name fares within one flow run (or one flow name among its children). */
export interface PlainGroup {
  readonly label: string
  finishes: number
  failures: number
  retries: number
  progressAt: number
  /** Shared by equal names of a root run, so that a thousand small child runs make one summary. */
  readonly folded: FoldedCounts
}

/** What happened since the last summary line without a line of its own. */
export interface FoldedCounts {
  readonly name: string
  done: number
  failed: number
  retried: number
  /** Over the whole root run. */
  total: number
}

/** `extract 4,312 done (+812), 2 failed · load 23 done`, or undefined when nothing was folded. Resets what it told. */
export function foldedText(counts: Iterable<FoldedCounts>, shown = 5): string | undefined {
  const parts: string[] = []
  let more = 0
  for (const each of counts) {
    if (each.done + each.failed + each.retried === 0) continue
    if (parts.length < shown) parts.push(oneCount(each))
    else more++
    each.done = each.failed = each.retried = 0
  }
  if (parts.length === 0) return undefined
  return parts.join(' · ') + (more > 0 ? ` · and ${more} more` : '')
}

function oneCount(each: FoldedCounts): string {
  const failed = each.failed > 0 ? `, ${countText(each.failed)} more failed` : ''
  const retried = each.retried > 0 ? `, ${countText(each.retried)} more retries` : ''
  return `${each.name} ${countText(each.total)} finished (+${countText(each.done + each.failed)}${failed}${retried})`
}
