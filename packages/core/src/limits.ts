/** Numbers that several rooms must agree on. */
export interface Limits {
  /** Results up to this many bytes live in the row; larger ones go to result storage by content hash. */
  readonly inlineResultBytes: number
  /** A task that runs longer than this is written as started; a shorter one is written once, when it ends. */
  readonly startedAfterMs: number
  /** A retry delay above this is a durable wait, not a timer. */
  readonly longRetryDelayMs: number
  /** How long the journal retries a failing store before the run ends Crashed. */
  readonly journalTimeoutMs: number
  /** Crashes without progress after which a run fails instead of resuming again. */
  readonly maxCrashes: number
  /** "After" edges kept per call. */
  readonly frontier: number
  /** Nesting up to which a value can be hashed. */
  readonly canonicalDepth: number
  /** Most rows that one page of a list returns. */
  readonly pageSize: number
  /** Characters of an error's message, and of its stack, that are kept. */
  readonly errorText: number
  /** Causes of causes that are kept. */
  readonly errorDepth: number
  /** Errors kept in one stored error, over the whole tree of `errors` and `cause`. */
  readonly errorCount: number
}

/** The shared constants of {@link Limits}. */
export const limits: Limits = {
  inlineResultBytes: 65_536,
  startedAfterMs: 1_000,
  longRetryDelayMs: 30_000,
  journalTimeoutMs: 300_000,
  maxCrashes: 3,
  frontier: 16,
  canonicalDepth: 1_000,
  pageSize: 1_000,
  errorText: 8_192,
  errorDepth: 8,
  errorCount: 100,
}
