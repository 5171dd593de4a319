export type {
  Bucket,
  BucketBody,
  BucketFailure,
  BucketFailureKind,
  BucketObject,
  BucketPage,
  BucketPut,
  BucketRange,
  TryAgain,
} from './bucket.ts'
export { canonicalize, hashIdentity } from './canonical.ts'
export type { CanonicalizeOptions } from './canonical-walk.ts'
export { type Duration, formatDuration, parseDuration } from './duration.ts'
export { type ErrorCode, errorCodes, type ErrorEntry } from './error-codes.ts'
export type { ErrorDetails } from './error-text.ts'
export { isSluiceError, SluiceError, type SluiceErrorOptions } from './errors.ts'
export { Frontier } from './frontier.ts'
export { contentHash, digest, keyedDigest } from './hash.ts'
export { type Json, toJsonSafe } from './json-safe.ts'
export {
  type CachedCall,
  cacheKey,
  type Call,
  callIdentity,
  checkpointKey,
  type PlacedCall,
  rootScope,
} from './keys.ts'
export { limits, type Limits } from './limits.ts'
export { clip } from './clip.ts'
export { maskSecrets } from './mask.ts'
export { nearest } from './nearest.ts'
export {
  type AfterFailure,
  afterFailure,
  type Backoff,
  backoff,
  delayBeforeRetry,
  type Failure,
  type RetryDelay,
  type RetryOptions,
  type RetryPolicy,
  retryPolicy,
} from './retry.ts'
export { fromStoredError } from './revived-error.ts'
export { isSecret, Secret } from './secret.ts'
export { shellWord } from './shell-word.ts'
export {
  isTerminal,
  legalTransitions,
  type State,
  type StateDetails,
  type StateName,
  stateOf,
  type StateType,
  stateTypes,
  transition,
  typeOf,
  type WaitingFor,
} from './state.ts'
export { type StoredError, toStoredError } from './stored-error.ts'
export type { Micros } from './time.ts'
export { droppedOnRetry, type FailedCall } from './unhandled.ts'
export type { WaitKind } from './wait.ts'
