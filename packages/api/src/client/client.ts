import type { Json } from '@sluice/core'
import type * as z from 'zod'
import type { Contract } from '../contract.ts'
import type { StreamEventJson } from '../entities/stream-event.ts'
import type { OperationId } from '../endpoints.ts'

/** Arrays and objects that the caller may not change are as good as others: they are only sent. */
type Sent<T> = [Json] extends [T]
  ? T
  : T extends Uint8Array
    ? T
    : T extends readonly (infer Item)[]
      ? readonly Sent<Item>[]
      : T extends object
        ? { readonly [Key in keyof T]: Sent<T[Key]> }
        : T

/** One part of a request, required when its schema requires anything. */
type Part<Op, Name extends string> =
  Op extends Readonly<Record<Name, infer Schema extends z.ZodType>>
    ? undefined extends z.input<Schema>
      ? { readonly [_ in Name]?: Sent<z.input<Schema>> }
      : object extends z.input<Schema>
        ? { readonly [_ in Name]?: Sent<z.input<Schema>> }
        : { readonly [_ in Name]: Sent<z.input<Schema>> }
    : unknown

type Bytes<Op> = Op extends { readonly bytesBody: true }
  ? { readonly body: Uint8Array }
  : Op extends { readonly bytesBody: 'stream' }
    ? /** A file is a blob: `openAsBlob(path)`. It is read while it is sent, and again when it is sent again. */
      { readonly body: Uint8Array | Blob; readonly headers: { readonly 'idempotency-key': string } }
    : unknown

/** What a call takes: the parts its operation asks for, and how it is to be made. */
export type CallInput<Id extends OperationId> = Part<Contract[Id], 'params'> &
  Part<Contract[Id], 'query'> &
  Part<Contract[Id], 'body'> &
  Bytes<Contract[Id]> &
  CallOptions

/** What a call gives. */
export type CallOutput<Id extends OperationId> = Contract[Id] extends { readonly content: 'bytes' }
  ? Uint8Array<ArrayBuffer>
  : Contract[Id] extends { readonly content: 'html' }
    ? string
    : Answer<Contract[Id]['responses']>

type Answer<Responses> = {
  [Status in keyof Responses]: Responses[Status] extends z.ZodType ? z.output<Responses[Status]> : void
}[keyof Responses]

/** Operations that answer with a stream: those go through {@link Streams}. */
export type StreamId = {
  [Id in OperationId]: Contract[Id] extends { readonly content: 'events' } ? Id : never
}[OperationId]

type Call<Id extends OperationId> =
  object extends CallInput<Id>
    ? (input?: CallInput<Id>) => Promise<CallOutput<Id>>
    : (input: CallInput<Id>) => Promise<CallOutput<Id>>

/**
 * Every operation of the contract as a function. What goes wrong is a `SluiceError` with the code that the server gave, or
 * `SERVER_UNREACHABLE`, `SERVER_TIMEOUT`, `SERVER_ANSWER_INVALID`.
 *
 * @example
 * const { items } = await client.listRuns({ query: { state: ['failed'] } })
 */
export type Client = { readonly [Id in Exclude<OperationId, StreamId>]: Call<Id> } & Streams & AsyncDisposable

export interface Streams {
  /**
   * What happens, as it happens. A lost connection is made again where it broke off, without a message skipped or doubled. Ends
   * after `end`, or when the signal aborts.
   */
  stream<Id extends StreamId>(id: Id, input: StreamInput<Id>): AsyncIterable<StreamMessage>
}

export type StreamInput<Id extends StreamId> = Omit<CallInput<Id>, 'timeoutMs' | 'retry'> & {
  /** Goes on after this message. */
  readonly lastEventId?: string
}

/** One message; `id` is the cursor to go on after. */
export type StreamMessage = StreamEventJson & { readonly id: string }

export interface CallOptions {
  /** Aborted: the call rejects with its reason. */
  readonly signal?: AbortSignal
  /** How long the answer may take; 30 s beyond `waitMs` by default. */
  readonly timeoutMs?: number
  readonly headers?: Readonly<Record<string, string>>
  /** In place of the client's. */
  readonly retry?: Retry | undefined
}

/** Calls that may be made twice are made again when the server cannot be reached or is stopping. */
export interface Retry {
  /** Beyond the first. */
  readonly times: number
  /** Before the first retry; doubles each time, with jitter. 200 by default. */
  readonly delayMs?: number
  /** 5000 by default. */
  readonly maxDelayMs?: number
}
