import type { DataFile } from './manifest.ts'

/** The partition of a file as text: equal texts, equal partitions of one spec. */
export function partitionText({ partition }: Pick<DataFile, 'partition'>): string {
  return JSON.stringify(partition, (_, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`
    return value instanceof Uint8Array ? `0x${Buffer.from(value).toString('hex')}` : plain(value)
  })
}

/** NaN and zeros of either sign are partitions of their own; JSON does not tell them. */
function plain(value: unknown): unknown {
  return typeof value === 'number' ? `${Object.is(value, -0) ? '-0' : value}` : value
}
