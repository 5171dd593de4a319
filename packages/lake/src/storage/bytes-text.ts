import { SluiceError } from '@sluice/core'

const units = ['B', 'KB', 'MB', 'GB', 'TB'] as const

/** `12.3 GB` */
export function bytesText(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : Number(value.toFixed(1))} ${units[power]}`
}

/** Bytes of `20GB`, `512MiB` or `1000000`. Throws `OPTION_INVALID`, naming the option. */
export function parseBytes(text: string, option: string): number {
  const {
    count = '',
    prefix = '',
    binary,
  } = /^(?<count>\d+(?:\.\d+)?) ?(?<prefix>[KMGT]?)(?<binary>i)?B?$/i.exec(text.trim())?.groups ?? {}
  const power = ['', 'K', 'M', 'G', 'T'].indexOf(prefix.toUpperCase())
  if (count === '')
    throw new SluiceError('OPTION_INVALID', { option, problem: `'${text}' is no size; write 20GB or 512MiB` })
  return Math.floor(Number(count) * (binary === undefined ? 1000 : 1024) ** power)
}
