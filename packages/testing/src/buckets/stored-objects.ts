/** An object of a fake bucket. */
export interface StoredObject {
  readonly body: Uint8Array
  readonly metadata: Readonly<Record<string, string>>
  readonly modifiedAt: Date
  /** Grows with every write of the bucket. */
  readonly generation: number
}

/** The objects of a fake bucket, in memory. */
export class StoredObjects {
  readonly #objects = new Map<string, StoredObject>()
  #generation = 0

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key)
  }

  /** False: there is one already, and `ifAbsent` was asked for. */
  put(key: string, body: Uint8Array, metadata: Readonly<Record<string, string>>, ifAbsent: boolean): boolean {
    if (ifAbsent && this.#objects.has(key)) return false
    this.#generation += 1
    this.#objects.set(key, { body, metadata, modifiedAt: new Date(), generation: this.#generation })
    return true
  }

  delete(key: string): boolean {
    return this.#objects.delete(key)
  }

  /** In the order of the bytes of their names, as stores list them. `after` is not among them. */
  list(prefix: string, after: string, most: number): { readonly keys: readonly string[]; readonly more: boolean } {
    const bytes = (key: string): Buffer => Buffer.from(key)
    const keys = [...this.#objects.keys()]
      .filter((key) => key.startsWith(prefix) && Buffer.compare(bytes(key), bytes(after)) > 0)
      .toSorted((one, other) => Buffer.compare(bytes(one), bytes(other)))
    return { keys: keys.slice(0, most), more: keys.length > most }
  }
}

/** The bytes of `bytes=first-last`; undefined: there are none there. */
export function rangeOf(body: Uint8Array, header: string | undefined): Uint8Array | undefined {
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? []
  if (first === '') return body
  if (Number(first) >= body.length) return undefined
  return body.subarray(Number(first), last === '' ? undefined : Number(last) + 1)
}

/** The same bytes, but for the first. */
export function garbled(body: Uint8Array | string = ''): Uint8Array {
  const bytes = Uint8Array.from(Buffer.from(body))
  bytes[0] = (bytes[0] ?? 0) ^ 1
  return bytes
}
