import type { Contract, OperationId } from '@sluice/api'
import type { Readable } from 'node:stream'
import type * as z from 'zod'
import type { Caller } from './auth/caller.ts'

type Parsed<Op, Name extends string> =
  Op extends Readonly<Record<Name, infer Schema extends z.ZodType>> ? z.output<Schema> : undefined

/** One request after the contract has let it in. */
export interface Asked<Id extends OperationId> {
  readonly params: Parsed<Contract[Id], 'params'>
  readonly query: Parsed<Contract[Id], 'query'>
  readonly headers: Parsed<Contract[Id], 'headers'>
  readonly body: Contract[Id] extends { readonly bytesBody: true }
    ? Buffer
    : Contract[Id] extends { readonly bytesBody: 'stream' }
      ? Readable
      : Parsed<Contract[Id], 'body'>
  readonly caller: Caller
  /** Who asks, for the record. */
  readonly by: string
  /** Aborts when nobody is there any more to take the answer. */
  readonly signal: AbortSignal
}

type StatusOf<Responses> = Extract<keyof Responses, number>

/** An answer that the contract allows: a status, and the body of that status. */
export type Told<Id extends OperationId> = Contract[Id] extends { readonly content: 'events' }
  ? SentEvents<Id>
  : Contract[Id] extends { readonly content: 'bytes' | 'html' }
    ? { readonly status: 200; readonly body: string | Uint8Array }
    : {
        readonly [Status in StatusOf<Contract[Id]['responses']>]: {
          readonly status: Status
          readonly body: BodyOf<Contract[Id]['responses'], Status>
        }
      }[StatusOf<Contract[Id]['responses']>]

type BodyOf<Responses, Status extends keyof Responses> = Responses[Status] extends z.ZodType
  ? z.output<Responses[Status]>
  : undefined

/** What a stream sends, one after another. */
export interface SentEvents<Id extends OperationId> {
  readonly events: AsyncIterable<SentEvent<Id>>
}

/** `id` is the cursor after it. */
export type SentEvent<Id extends OperationId = OperationId> = { readonly id: string } & BodyOf<
  Contract[Id]['responses'],
  200 & keyof Contract[Id]['responses']
>

/** What an operation does. Everything that goes wrong is thrown. */
export type Handler<Id extends OperationId> = (asked: Asked<Id>) => Promise<Told<Id>> | Told<Id>
export type Handlers<Ids extends OperationId> = { readonly [Id in Ids]: Handler<Id> }

/** As the code that serves them all sees a handler. */
export interface AnyAsked {
  readonly params: unknown
  readonly query: unknown
  readonly headers: unknown
  readonly body: unknown
  readonly caller: Caller
  readonly by: string
  readonly signal: AbortSignal
}
export type AnyTold =
  | { readonly status: number; readonly body: unknown }
  | { readonly events: AsyncIterable<{ readonly id: string; readonly event: string; readonly data: unknown }> }
export type AnyHandler = (asked: AnyAsked) => Promise<AnyTold> | AnyTold

export const ok = <Body>(body: Body): { readonly status: 200; readonly body: Body } => ({ status: 200, body })
export const created = <Body>(body: Body): { readonly status: 201; readonly body: Body } => ({ status: 201, body })
export const noContent = { status: 204, body: undefined } as const
/** 201 for what is new, else 200. */
export const put = <Body>(isNew: boolean, body: Body): { readonly status: 200 | 201; readonly body: Body } =>
  isNew ? created(body) : ok(body)
