import { type Duration, type Secret, SluiceError } from '@sluice/core'

/** A bucket of Google Cloud Storage. Everything but the credentials may be printed. */
export interface GcsSettings {
  readonly bucket: string
  /**
   * The JSON of a service account's key. Default: what Google's libraries find (`GOOGLE_APPLICATION_CREDENTIALS`, `gcloud`'s login, the
   * machine's account).
   */
  readonly credentials?: Secret | string
  /** Of another server that speaks the same, for tests. Without `credentials` it is asked without a login. */
  readonly endpoint?: string
  /** For one answer to begin. Default 60 s. */
  readonly timeout?: Duration
}

const known: ReadonlySet<string> = new Set([
  'bucket',
  'credentials',
  'endpoint',
  'timeout',
] satisfies (keyof GcsSettings)[])

/** Refuses unknown names and what is no bucket before the first call does. */
export function checkSettings(settings: GcsSettings): GcsSettings {
  for (const option of Object.keys(settings)) {
    if (!known.has(option)) throw new SluiceError('OPTION_UNKNOWN', { option, known: [...known] })
  }
  const { bucket, endpoint } = settings
  if (!/^[a-z0-9][a-z0-9.\-_]{1,221}$/.test(bucket)) throw invalid('bucket', 'it is no name of a bucket')
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ''))
    throw invalid('endpoint', 'it must be an http(s) URL')
  return settings
}

export function invalid(option: string, problem: string): SluiceError {
  return new SluiceError('OPTION_INVALID', { option, of: 'GcsBucket', problem })
}
