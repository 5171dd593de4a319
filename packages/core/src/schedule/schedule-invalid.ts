import { clip } from '../clip.ts'
import { SluiceError } from '../errors.ts'

const longestQuote = 60

/** The error for one option of a schedule: what was given, cut so that the problem after it is always seen. */
export function scheduleInvalid(option: string, given: unknown, problem: string, cause?: unknown): SluiceError {
  const quote = typeof given === 'string' || typeof given === 'number' ? clip(String(given), longestQuote) : undefined
  const details = { option, ...(quote !== undefined && { given: quote }), problem }
  return new SluiceError('SCHEDULE_INVALID', details, cause === undefined ? {} : { cause })
}
