import { SluiceError } from './errors.ts'

/** A step of the path to a value: an index, a property, or finished text such as `.get("a")`. */
export type Segment = number | string | { readonly text: string }

/** Options of `canonicalize`. */
export interface CanonicalizeOptions {
  /** Replaces an object by a token: results known by their content hash need not be read again. */
  readonly reference?: (object: object) => string | undefined
  /** How the path of a refused value starts; `value` unless told otherwise. */
  readonly root?: string
  /** A keyed digest of a secret's value. Without it a `Secret` is refused: its plain hash could be guessed. */
  readonly secretDigest?: (value: string) => string
}

/** Where a canonicalization is. One per call; `path` and `ancestors` hold stale entries beyond the current depth. */
export interface Walk {
  readonly options: CanonicalizeOptions
  /** `path[d]` leads from the container at depth `d` into the part that is being read. */
  readonly path: Segment[]
  readonly ancestors: object[]
  /** Depth of the container that is being read, −1 before the first. */
  depth: number
}

/** The text of a part, one level below its container. */
export type TextOf = (value: unknown, walk: Walk, depth: number) => string

/** Notes which part of the container at `depth` is read next, so that an error anywhere below can tell its path. */
export function enter(walk: Walk, depth: number, segment: Segment): void {
  walk.depth = depth
  walk.path[depth] = segment
}

/** The error for the part that is being read. */
export function unhashable(walk: Walk, kind: string, cause?: unknown): SluiceError {
  const steps = walk.path.slice(0, walk.depth + 1).map(stepText)
  const path = `${walk.options.root ?? 'value'}${shortened(steps).join('')}`
  return new SluiceError('INPUT_UNHASHABLE', { path, kind }, cause === undefined ? {} : { cause })
}

function stepText(segment: Segment): string {
  if (typeof segment === 'object') return segment.text
  if (typeof segment === 'number') return `[${segment}]`
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`
}

/** Nobody reads a thousand steps. */
function shortened(steps: readonly string[]): readonly string[] {
  return steps.length <= 20 ? steps : [...steps.slice(0, 10), '…', ...steps.slice(-5)]
}
