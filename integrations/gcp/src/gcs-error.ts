import type { BucketFailure, BucketFailureKind } from '@sluice/core'

/** What Google Cloud Storage answered instead of doing what was asked. */
export class GcsError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'GcsError'
    this.status = status
  }

  /** Its body is JSON with a message, or whatever stood between. */
  static async of(answer: Response): Promise<GcsError> {
    const text = await answer.text().catch(() => '')
    return new GcsError(answer.status, messageIn(text) ?? (text.slice(0, 200) || answer.statusText))
  }
}

function messageIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly message?: unknown } }
    return typeof error?.message === 'string' ? error.message : undefined
  } catch {
    return undefined
  }
}

const byStatus: Readonly<Record<number, BucketFailureKind>> = {
  401: 'denied',
  403: 'denied',
  404: 'absent',
  408: 'busy',
  409: 'conflict',
  // An upload that the store has forgotten: it begins anew.
  410: 'lost',
  412: 'exists',
  429: 'busy',
}

/** An error that the store did not answer is a lost answer: what was asked may have been done. */
export function gcsFailure(error: unknown, bucket: string): BucketFailure {
  if (!(error instanceof GcsError)) return unanswered(error)
  const { status, message } = error
  if (status === 404 && /bucket does not exist/i.test(message))
    return { kind: 'wrong', reason: `there is no bucket '${bucket}'` }
  return { kind: byStatus[status] ?? (status >= 500 ? 'busy' : 'wrong'), reason: `${message} (HTTP ${status})` }
}

/** A login that cannot be had will not be there the next time either. */
function unanswered(error: unknown): BucketFailure {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const reason = cause instanceof Error ? cause.message : String(cause)
  const noLogin = /default credentials|invalid_grant|invalid_client|unauthorized_client/i.test(reason)
  return { kind: noLogin ? 'denied' : 'lost', reason }
}
