import type { StoredValue } from '../records.ts'

/** A stored value takes three columns, of which one or two are filled: the text, or reference and size. */
export interface StoredValueColumns {
  readonly text: string | null
  readonly ref: string | null
  readonly bytes: number | null
}

const absent: StoredValueColumns = { text: null, ref: null, bytes: null }

export function encodeValue(value: StoredValue | null): StoredValueColumns {
  if (value === null) return absent
  return 'text' in value
    ? { text: value.text, ref: null, bytes: null }
    : { text: null, ref: value.ref, bytes: value.bytes }
}

export function decodeValue(text: string | null, ref: string | null, bytes: number | null): StoredValue | null {
  if (ref !== null) return { ref, bytes: bytes ?? 0 }
  return text === null ? null : { text }
}
