/** What is known of an object that a finished call returned. */
export interface Origin {
  /** The call's id: an exact edge of the graph when the object goes into another call. */
  readonly id: string
  /** Set when the result was stored by content hash: it stands for the bytes when inputs are hashed. */
  readonly ref: string | undefined
}

const origins = new WeakMap<object, Origin>()

/** Remembers where a result came from. The newest call that returned an object wins. */
export function rememberOrigin(value: unknown, origin: Origin): void {
  if (typeof value === 'object' && value !== null) origins.set(value, origin)
}

export function originOf(value: object): Origin | undefined {
  return origins.get(value)
}

/** The token that stands for a large stored result in a canonical text. */
export function contentReference(value: object): string | undefined {
  return origins.get(value)?.ref
}
