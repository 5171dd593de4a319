import type { TableMetadata } from '../format/table-metadata.ts'
import type { RawMode } from './raw-part.ts'

export const rawModeProperty = 'sluice.raw'
export const rawAgeProperty = 'sluice.raw.max-age-ms'

const day = 86_400_000

/** Copies are kept for so long where the table does not say otherwise, in milliseconds. */
export const defaultRawAgeMs: number = 30 * day

/** What the table itself says: whoever loads into it need not know. */
export function rawModeIn(metadata: TableMetadata | undefined): RawMode | undefined {
  const said = metadata?.properties?.[rawModeProperty]
  return said === 'copy' || said === 'reference' || said === 'none' ? said : undefined
}

export function rawAgeIn(metadata: TableMetadata | undefined): number {
  const said = Number(metadata?.properties?.[rawAgeProperty] ?? Number.NaN)
  return Number.isFinite(said) && said >= 0 ? said : defaultRawAgeMs
}
