/** `12 345 678`: the same in every country. */
export function countText(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ' ')
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `1.2 MB` */
export function bytesText(bytes: number): string {
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}

export function rowsText(rows: number): string {
  return `${countText(rows)} row${rows === 1 ? '' : 's'}`
}

/** `3 files` */
export function countOf(count: number, what: string): string {
  return `${countText(count)} ${what}${count === 1 ? '' : 's'}`
}
