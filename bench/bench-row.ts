/** One figure of a measurement, ready to print. */
export type BenchRow = {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly budget?: string
  /** Left out where there is no budget. */
  readonly ok?: boolean
  readonly note?: string
}

/** A figure and what it may be. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly atMost?: number
  readonly atLeast?: number
  readonly note?: string
}

/** Judges a figure by its budget. */
export function rowOf({ atMost, atLeast, ...figure }: Figure): BenchRow {
  if (atMost !== undefined) return { ...figure, budget: `≤ ${grouped(atMost)}`, ok: figure.value <= atMost }
  if (atLeast !== undefined) return { ...figure, budget: `≥ ${grouped(atLeast)}`, ok: figure.value >= atLeast }
  return figure
}

/** `1 234.5`: enough digits to compare, none to pretend. */
export function grouped(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en-US', { maximumFractionDigits: digits }).replaceAll(',', ' ')
}
