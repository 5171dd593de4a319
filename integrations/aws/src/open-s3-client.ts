import type * as Sdk from '@aws-sdk/client-s3'
import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import { isSecret, parseDuration, type Secret } from '@sluice/core'
import type { S3Settings } from './s3-settings.ts'

export type S3Sdk = typeof Sdk

/** Loads the SDK, and makes a client that tries once: what is tried again is decided above. */
export async function openS3Client(settings: S3Settings): Promise<{ readonly sdk: S3Sdk; readonly client: S3Client }> {
  const sdk = await import('@aws-sdk/client-s3')
  return { sdk, client: new sdk.S3Client(configOf(settings)) }
}

function configOf(settings: S3Settings): S3ClientConfig {
  const { endpoint, forcePathStyle = endpoint !== undefined, timeout = '60s' } = settings
  const region = settings.region ?? (endpoint === undefined ? undefined : 'us-east-1')
  const idle = parseDuration(timeout)
  return {
    ...(region !== undefined && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...credentialsOf(settings),
    forcePathStyle,
    maxAttempts: 1,
    // Stores that are not Amazon's refuse checksums in trailers.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: Math.min(idle, 10_000),
      requestTimeout: idle,
      throwOnRequestTimeout: true,
      socketTimeout: idle,
    },
  }
}

function credentialsOf({
  accessKeyId,
  secretAccessKey,
  sessionToken,
}: S3Settings): Pick<S3ClientConfig, 'credentials'> {
  if (accessKeyId === undefined || secretAccessKey === undefined) return {}
  return {
    credentials: {
      accessKeyId,
      secretAccessKey: plain(secretAccessKey),
      ...(sessionToken !== undefined && { sessionToken: plain(sessionToken) }),
    },
  }
}

const plain = (text: Secret | string): string => (isSecret(text) ? text.reveal() : text)
