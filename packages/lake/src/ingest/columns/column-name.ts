/** Columns that every row gets from its load: no source may bring them. */
export const ownColumns: readonly string[] = ['_loaded_at', '_load_id', '_source_file']

/**
 * A column's name in the table: snake_case, stable, letters and digits of any language in small ones. `LocationID` is
 * `location_id`, `Total Amount ($)` is `total_amount`. `place` counts from 1 and names what has no name.
 */
export function columnName(source: string, place: number): string {
  const words = source
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .normalize('NFC')
    .replaceAll(/(?<before>[\p{Ll}\p{N}])(?<after>\p{Lu})/gu, '$<before>_$<after>')
    .replaceAll(/(?<before>\p{Lu})(?<after>\p{Lu}\p{Ll})/gu, '$<before>_$<after>')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_]+/gu, '_')
  const own = source.startsWith('_') ? '_' : ''
  const name = own + words.replaceAll(/_+/g, '_').replaceAll(/^_|_$/g, '')
  if (name === '' || name === '_') return `column_${place}`
  return /^\p{N}/u.test(name) ? `_${name}` : name
}
