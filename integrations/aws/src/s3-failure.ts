import type { BucketFailure, BucketFailureKind } from '@sluice/core'

/** What is known of an error of the SDK: what the store answered, or what the network did. */
interface SdkError {
  readonly name: string
  readonly message: string
  readonly $metadata?: { readonly httpStatusCode?: number }
}

/** Of errors whose status would say something else, or nothing. */
const byName: Readonly<Record<string, BucketFailureKind>> = {
  NoSuchBucket: 'wrong',
  NoSuchKey: 'absent',
  NotFound: 'absent',
  NoSuchUpload: 'lost',
  PreconditionFailed: 'exists',
  ConditionalRequestConflict: 'conflict',
  OperationAborted: 'conflict',
  SlowDown: 'busy',
  RequestTimeout: 'busy',
  CredentialsProviderError: 'denied',
  ExpiredToken: 'denied',
  InvalidAccessKeyId: 'denied',
  SignatureDoesNotMatch: 'denied',
  PermanentRedirect: 'wrong',
  AuthorizationHeaderMalformed: 'wrong',
}

const byStatus: Readonly<Record<number, BucketFailureKind>> = {
  401: 'denied',
  403: 'denied',
  404: 'absent',
  408: 'busy',
  409: 'conflict',
  412: 'exists',
  429: 'busy',
}

/** An error that the store did not answer is a lost answer: what was asked may have been done. */
export function s3Failure(error: unknown, bucket: string): BucketFailure {
  if (!(error instanceof Error)) return { kind: 'lost', reason: String(error) }
  const { name, message, $metadata } = error as SdkError
  const status = $metadata?.httpStatusCode
  const kind =
    byName[name] ?? (status === undefined ? undefined : (byStatus[status] ?? (status >= 500 ? 'busy' : 'wrong')))
  if (name === 'NoSuchBucket') return { kind: 'wrong', reason: `there is no bucket '${bucket}'` }
  const told = message === '' || message === 'UnknownError' ? name : message
  return { kind: kind ?? 'lost', reason: status === undefined ? told : `${told} (HTTP ${status})` }
}
