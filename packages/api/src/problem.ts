import { type ErrorCode, errorCodes, type ErrorDetails, fromStoredError, isSluiceError } from '@sluice/core'
import { statusOf } from './problem-status.ts'

/** One thing that is wrong with a request: where, and what. */
export interface ProblemIssue {
  readonly path: string
  readonly message: string
}

/** What the API answers when something is wrong: RFC 9457, `application/problem+json`. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode
  /** What to do next. */
  readonly next: string
  /** Names this one occurrence in the log of the server. */
  readonly instance?: string
  readonly errors?: readonly ProblemIssue[]
  /** The facts, for programs. */
  readonly details?: ErrorDetails
}

export const problemType = 'application/problem+json'

/** Whose facts the caller must not see: they tell about the inside of the server. */
const hidden: ReadonlySet<ErrorCode> = new Set([
  'INTERNAL',
  'STORE_CORRUPT',
  'STORE_UNAVAILABLE',
  'STORE_READ_ONLY',
  'STORE_FULL',
])

/**
 * An error as the caller may see it. What Sluice did not raise itself is told as `INTERNAL`, without a word about what it was:
 * the log has the rest, under `instance`.
 */
export function toProblem(error: unknown, instance?: string): Problem {
  const code = isSluiceError(error) ? error.code : 'INTERNAL'
  const details = isSluiceError(error) && !hidden.has(code) ? withoutPlaces(error.details) : {}
  const { message, next } = errorCodes[code]
  const status = statusOf(code)
  const errors = issuesOf(details['issues'])
  return {
    type: `/api/docs/errors#${code}`,
    title: titles[status] ?? 'Error',
    status,
    detail: plainSentence(
      () => message(details),
      () => message({}),
    ),
    code,
    next,
    ...(instance === undefined ? {} : { instance }),
    ...(errors.length === 0 ? {} : { errors }),
    ...(Object.keys(details).length === 0 ? {} : { details }),
  }
}

/** The error that a problem document tells about, as it was raised in the server. Undefined when it is no such document. */
export function fromProblem(body: unknown): Error | undefined {
  if (typeof body !== 'object' || body === null || !('code' in body) || typeof body.code !== 'string') return undefined
  const { code, detail, next, details } = body as Partial<Problem>
  const message = [detail, next].filter((text) => typeof text === 'string').join(' ')
  const facts = typeof details === 'object' && details !== null ? details : {}
  return fromStoredError({ name: 'SluiceError', message, code: String(code), details: facts })
}

/** Where the server keeps things is its own business. */
function withoutPlaces({ file: _, ...details }: ErrorDetails): ErrorDetails {
  return details
}

function issuesOf(issues: unknown): readonly ProblemIssue[] {
  if (!Array.isArray(issues)) return []
  return issues.slice(0, 100).map((issue: unknown) => {
    const { path, message } = (typeof issue === 'object' && issue !== null ? issue : {}) as Record<string, unknown>
    const where = Array.isArray(path) ? path.map(segmentText).join('.') : typeof path === 'string' ? path : ''
    return { path: where, message: typeof message === 'string' ? message : 'invalid' }
  })
}

/** Schema libraries give a path as keys or as `{ key }` segments. */
function segmentText(segment: unknown): string {
  return String(typeof segment === 'object' && segment !== null && 'key' in segment ? segment.key : segment)
}

function plainSentence(told: () => string, otherwise: () => string): string {
  let text: string
  try {
    text = told()
  } catch {
    text = otherwise()
  }
  return /[.!?…]$/.test(text) ? text : `${text}.`
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  426: 'Upgrade Required',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
}
