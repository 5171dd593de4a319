export { type Duration, formatDuration, parseDuration } from './duration.ts'
export { type ErrorCode, errorCodes, type ErrorEntry } from './error-codes.ts'
export type { ErrorDetails } from './error-text.ts'
export { isSluiceError, SluiceError, type SluiceErrorOptions } from './errors.ts'
export { limits, type Limits } from './limits.ts'
export { nearest } from './nearest.ts'
export {
  isTerminal,
  legalTransitions,
  type State,
  type StateDetails,
  type StateName,
  stateOf,
  type StateType,
  transition,
  typeOf,
  type WaitingFor,
} from './state.ts'
export type { StoredError } from './stored-error.ts'
export type { Micros } from './time.ts'
export type { WaitKind } from './wait.ts'
