import type { ErrorCode } from '@sluice/core'
import type * as z from 'zod'
import { type Endpoint, endpoints, type OperationId } from './endpoints.ts'

/**
 * Who may call an operation. `admin` includes `run`, which includes `read`; workers and the engines of runs have tokens of their
 * own, which open nothing else.
 */
export type Scope = 'public' | 'read' | 'run' | 'admin' | 'worker' | 'runToken'

/** How the body of an answer is written: JSON unless told otherwise. */
export type Content = 'json' | 'bytes' | 'events' | 'html'

/** What an operation takes and gives. */
export interface OperationSpec {
  readonly summary: string
  /** For people who want more than the summary: Markdown. */
  readonly description?: string
  readonly tags: readonly [string]
  readonly scope: Scope
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly headers?: z.ZodObject
  readonly body?: z.ZodType
  /** The body is raw bytes: no schema. `stream`: of any size, and never held in memory. */
  readonly bytesBody?: true | 'stream'
  /** Of successful answers; null: no content. */
  readonly responses: Readonly<Record<number, z.ZodType | null>>
  readonly content?: Content
  /** Bytes; 1 MiB when left out. */
  readonly bodyLimit?: number
  /** What can go wrong beyond what can go wrong everywhere. */
  readonly problems?: readonly ErrorCode[]
}

/** One operation of the contract: what it takes and gives, and where it is. */
export type Operation<Id extends OperationId = OperationId, S extends OperationSpec = OperationSpec> = S &
  Endpoint<Id> & { readonly operationId: Id }

/** Joins what an operation takes and gives with where it is. */
export function operation<const Id extends OperationId, const S extends OperationSpec>(
  operationId: Id,
  spec: S,
): Operation<Id, S> {
  return { ...spec, ...endpoints[operationId], operationId }
}
