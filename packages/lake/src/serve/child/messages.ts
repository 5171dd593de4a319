import type { ErrorCode, Json } from '@sluice/core'
import type { DataVerb } from '../data-verbs.ts'

/** What the process that works on tables is told. One order at a time. */
export type ToDataProcess =
  | ({ readonly kind: 'open' } & LakeToOpen)
  | { readonly kind: 'do'; readonly verb: DataVerb; readonly input: unknown; readonly cwd: string | undefined }
  /** What it asked is answered. */
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'refusal'; readonly id: number; readonly error: SentError }

export type FromDataProcess =
  | { readonly kind: 'ready' }
  /** It needs something that only the server has: the catalogue, or the fields of a block. */
  | { readonly kind: 'ask'; readonly id: number; readonly question: string; readonly args: readonly unknown[] }
  | { readonly kind: 'done'; readonly result: Json }
  | { readonly kind: 'failed'; readonly error: SentError }

/** Where the lake is, told once. */
export interface LakeToOpen {
  /** The URL of its storage. */
  readonly location: string
  readonly catalogId: string
  readonly project: string | undefined
  /** For what a bucket's files are kept in. */
  readonly cache: string
  readonly cacheBytes: number
}

/** An error on its way between processes. */
export interface SentError {
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>>
}
