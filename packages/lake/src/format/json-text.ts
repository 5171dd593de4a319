import { metadataInvalid } from './metadata-invalid.ts'

/** What this module needs of the newer JSON functions, which the compiler's library does not describe yet. */
const { parse, rawJSON } = JSON as unknown as {
  readonly parse: (
    text: string,
    reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ) => unknown
  readonly rawJSON: (text: string) => unknown
}

/** Ids of snapshots have 63 bits. They are bigints also where they are small, so that they compare with each other. */
const idKeys: ReadonlySet<string> = new Set([
  'snapshot-id',
  'parent-snapshot-id',
  'current-snapshot-id',
  'source-snapshot-id',
])

/**
 * JSON with integers of any size: snapshot ids, and whatever a number cannot hold exactly, are bigints.
 *
 * @throws SluiceError `LAKE_METADATA_INVALID` for what is no JSON.
 */
export function parseJson(text: string): unknown {
  try {
    return parse(text, (key, value, { source }) => {
      if (typeof value !== 'number' || source === undefined || !/^-?\d+$/.test(source)) return value
      return idKeys.has(key) || !Number.isSafeInteger(value) ? BigInt(source) : value
    })
  } catch (error) {
    throw metadataInvalid('it is no JSON', error)
  }
}

/** The reverse: bigints are plain JSON numbers, with all their digits. */
export function printJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? rawJSON(String(part)) : part), indent)
}
