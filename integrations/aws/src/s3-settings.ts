import { type Duration, type Secret, SluiceError } from '@sluice/core'

/** A bucket of Amazon S3, or of what speaks like it. Everything but the secret key and the session token may be printed. */
export interface S3Settings {
  readonly bucket: string
  /** Default: the SDK's chain (`AWS_REGION`, `~/.aws/config`); `us-east-1` where an endpoint is given. */
  readonly region?: string
  /** `https://…` of a store that is not Amazon's: Cloudflare R2, Ceph, Garage, SeaweedFS. Default: `AWS_ENDPOINT_URL_S3`, else Amazon's. */
  readonly endpoint?: string
  /** The bucket in the path rather than in the host name. Default: true where an endpoint is given. */
  readonly forcePathStyle?: boolean
  /** Default: the SDK's chain: environment, `~/.aws`, the machine's role. */
  readonly accessKeyId?: string
  readonly secretAccessKey?: Secret | string
  readonly sessionToken?: Secret | string
  /** For one answer to begin, and between two pieces of it. Default 60 s. */
  readonly timeout?: Duration
}

const known: ReadonlySet<string> = new Set([
  'bucket',
  'region',
  'endpoint',
  'forcePathStyle',
  'accessKeyId',
  'secretAccessKey',
  'sessionToken',
  'timeout',
] satisfies (keyof S3Settings)[])

/** Refuses unknown names, and half a login, before the first call does. */
export function checkSettings(settings: S3Settings): S3Settings {
  for (const option of Object.keys(settings)) {
    if (!known.has(option)) throw new SluiceError('OPTION_UNKNOWN', { option, known: [...known] })
  }
  const { bucket, endpoint, accessKeyId, secretAccessKey } = settings
  if (!/^[a-z0-9][a-z0-9.\-_]{1,62}$/i.test(bucket)) throw invalid('bucket', 'it is no name of a bucket')
  if (endpoint !== undefined && !/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ''))
    throw invalid('endpoint', 'it must be an http(s) URL')
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw invalid('accessKeyId', 'it and secretAccessKey are given together, or neither')
  return settings
}

function invalid(option: string, problem: string): SluiceError {
  return new SluiceError('OPTION_INVALID', { option, of: 'S3Bucket', problem })
}
