import type { HeartbeatNews, HeldRun } from '../heartbeats.ts'

export interface ThreadStart {
  readonly url: string
  readonly token: string
  readonly worker: string
  readonly leaseMs: number
  readonly heartbeatMs: number
  readonly strict: boolean
}

export type ToThread =
  | { readonly kind: 'held'; readonly runs: readonly HeldRun[]; readonly draining: boolean }
  | { readonly kind: 'beat' }
  /** The event loop turns. */
  | { readonly kind: 'alive' }

/** Errors cross threads without their class: the code says which it was. */
export type FromThread =
  | { readonly kind: 'ping' }
  | { readonly kind: 'news'; readonly news: Exclude<HeartbeatNews, { readonly error: unknown }> }
  | {
      readonly kind: 'error'
      readonly of: 'failed' | 'refused'
      readonly code: string
      readonly details: Readonly<Record<string, unknown>>
      readonly message: string
    }
