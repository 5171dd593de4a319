import { printJson } from './json-text.ts'
import type { TableMetadata } from './table-metadata.ts'

/** The text of a metadata file: what `parseMetadata` reads, every id with all its digits. */
export function printMetadata(metadata: TableMetadata): string {
  return printJson(metadata)
}
