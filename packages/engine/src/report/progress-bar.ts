import type { Progress } from '../types.ts'

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const

/** `▕███▌    ▏`: a bar of `width` columns, frame included. */
export function progressBar(fraction: number, width: number): string {
  const cells = Math.max(1, width - 2)
  const share = Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0
  const filled = Math.floor(share * cells * 8 + 1e-9)
  const bar = '█'.repeat(filled >> 3) + (eighths[filled & 7] ?? '')
  return `▕${bar.padEnd(cells)}▏`
}

/** `400,000/1,000,000 rows`, `37 %`, `400,000 rows`. */
export function progressText(progress: Progress): string {
  const label = progress.label === undefined ? '' : ` ${progress.label}`
  if (progress.total === undefined) return `${countText(progress.done)}${label}`
  if (progress.total === 1) return `${Math.floor(progress.done * 100)} %${label}`
  return `${countText(progress.done)}/${countText(progress.total)}${label}`
}

/** The share that is done, where a total is known. */
export function progressShare(progress: Progress): number | undefined {
  return progress.total === undefined || progress.total <= 0 ? undefined : progress.done / progress.total
}

/** `12,345`: the same in every locale, so that logs can be compared. */
export function countText(count: number): string {
  const text = String(Math.round(count * 100) / 100)
  return text.replace(/^\d+/, (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ','))
}
