export type {
  CallInput,
  CallOptions,
  CallOutput,
  Client,
  Retry,
  StreamId,
  StreamInput,
  StreamMessage,
} from './client.ts'
export { type ClientOptions, createClient } from './create-client.ts'
export { journalLinkPath, type LakeRunOperationId, type RunOperationId, runOperations } from '../endpoints.ts'
export { fromProblem } from '../problem.ts'
export { protocol, protocolHeader } from '../protocol.ts'
export type { Fetch, Incoming, Outgoing, Transport } from './transport.ts'
