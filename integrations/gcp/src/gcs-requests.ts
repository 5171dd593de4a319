import { isSecret, parseDuration } from '@sluice/core'
import { GcsError } from './gcs-error.ts'
import { type GcsSettings, invalid } from './gcs-settings.ts'
import { after } from './platform.ts'

export interface GcsRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array | string
  /** Beside 2xx: what is an answer and not a failure. */
  readonly accept?: readonly number[]
}

/** Asks the JSON API, once. Throws {@link GcsError} for what it refuses, and what `fetch` throws where no answer comes. */
export type GcsRequests = (path: string, request?: GcsRequest) => Promise<Response>

const google = 'https://storage.googleapis.com'
const scope = 'https://www.googleapis.com/auth/devstorage.read_write'

/** `path` begins with a slash, or is the whole URL of an upload. The library that logs in is loaded by the first request. */
export function gcsRequests(settings: GcsSettings): GcsRequests {
  const { endpoint = google, timeout = '60s' } = settings
  const patience = parseDuration(timeout)
  let login: Promise<Login> | undefined
  return async (path, { method = 'GET', query = {}, headers = {}, body, accept = [] } = {}) => {
    login ??= openLogin(settings).catch((error: unknown) => {
      login = undefined
      throw error
    })
    const url = new URL(path, endpoint)
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value)
    const late = new AbortController()
    const giveUp = after(patience, () => late.abort(new Error(`no answer came for ${timeout}`)))
    try {
      const all = { ...(await (await login)(url.href)), ...headers }
      const signal = late.signal
      const answer = await fetch(url, {
        method,
        headers: all,
        signal,
        ...(body !== undefined && { body: body as Uint8Array<ArrayBuffer> | string }),
      })
      if (answer.ok || accept.includes(answer.status)) return answer
      throw await GcsError.of(answer)
    } finally {
      giveUp()
    }
  }
}

/** The headers that log a request in. */
type Login = (url: string) => Promise<Readonly<Record<string, string>>>

async function openLogin({ credentials, endpoint }: GcsSettings): Promise<Login> {
  if (credentials === undefined && endpoint !== undefined) return () => Promise.resolve({})
  const { GoogleAuth } = await import('google-auth-library')
  const given =
    credentials === undefined ? {} : { credentials: keyIn(isSecret(credentials) ? credentials.reveal() : credentials) }
  const auth = new GoogleAuth({ scopes: [scope], ...given })
  return async (url) => Object.fromEntries(new Headers(await auth.getRequestHeaders(url)))
}

/** Without a word of what was given: it is secret. */
function keyIn(text: string): Record<string, string> {
  try {
    return JSON.parse(text) as Record<string, string>
  } catch {
    throw invalid('credentials', 'it is not the JSON of a service account’s key')
  }
}
