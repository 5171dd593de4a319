/**
 * What a lake keeps of what a load's source gave. `copy`: the bytes as they came; what is packed stays packed. `reference`: where they are, and by what
 * they are known again. `none`: nothing.
 */
export type RawMode = 'copy' | 'reference' | 'none'

/** One file of a load's source, or all of its rows: as the ledger has it. It holds no credentials. */
export interface RawPart {
  /** Its place in the source, from 0 on. */
  readonly n: number
  /** What rows say in `_source_file`. Absent: they came from code, or from a stream. */
  readonly source?: string
  /** An absolute path; or a URL, with a hash in place of what its query says. */
  readonly address?: string
  /** Where the copy is in the lake's storage. Absent: there is none. */
  readonly key?: string
  /** In bytes, as they came. */
  readonly size: number
  /** Hexadecimal. Absent: of a file that is only referred to, whose bytes nobody asked for. */
  readonly sha256?: string
  /** Of a file, in milliseconds since 1970. */
  readonly modifiedAt?: number
  /** Milliseconds since 1970. */
  readonly receivedAt: number
  readonly mediaType?: string
  /** Of rows from code, which are kept as lines of JSON: how many, and what each column held. */
  readonly rows?: RawRows
}

export interface RawRows {
  readonly records: number
  readonly kinds: readonly (readonly [column: string, held: number])[]
}
