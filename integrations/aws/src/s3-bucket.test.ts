import { Secret } from '@sluice/core'
import { startFakeS3 } from '@sluice/testing'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { openBucket } from './open-bucket.ts'
import { S3Bucket } from './s3-bucket.ts'
import { s3Failure } from './s3-failure.ts'

const login = { accessKeyId: 'id', secretAccessKey: new Secret('hush'), sessionToken: 'hush' }

describe('a bucket of S3', () => {
  test('puts, lists, reads and deletes', async () => {
    await using server = await startFakeS3()
    await using bucket = new S3Bucket({ bucket: server.bucket, endpoint: server.endpoint, ...login })
    await bucket.put('a b/ü&<>.txt', Buffer.from('hello'), { ifAbsent: true, writer: 'me' })
    expect((await bucket.list('a')).objects).toMatchObject([{ key: 'a b/ü&<>.txt', size: 5 }])
    expect(await bucket.head('a b/ü&<>.txt')).toMatchObject({ size: 5, writer: 'me' })
    const { chunks, size } = await bucket.get('a b/ü&<>.txt', { first: 1, last: 3 })
    const read: Uint8Array[] = []
    for await (const chunk of chunks) read.push(chunk)
    expect([size, Buffer.concat(read).toString()]).toEqual([3, 'ell'])
    await bucket.delete(['a b/ü&<>.txt', 'none'])
    expect(await bucket.head('a b/ü&<>.txt')).toBeUndefined()
  })

  test('shows no key, however it is printed', () => {
    const bucket = new S3Bucket({ bucket: 'trips', region: 'eu-central-1', ...login })
    expect([inspect(bucket), JSON.stringify(bucket), String(bucket)].join()).not.toContain('hush')
    expect(bucket.toJSON()).toEqual({ bucket: 'trips', region: 'eu-central-1', endpoint: null, accessKeyId: 'id' })
  })

  test.each([
    [{ bucket: 'trips', acessKeyId: 'x' }, 'OPTION_UNKNOWN'],
    [{ bucket: 'no/bucket' }, 'OPTION_INVALID'],
    [{ bucket: 'trips', endpoint: 'localhost:9000' }, 'OPTION_INVALID'],
    [{ bucket: 'trips', accessKeyId: 'x' }, 'OPTION_INVALID'],
  ])('refuses %j', (settings, code) => {
    expect(() => new S3Bucket(settings)).toThrow(expect.objectContaining({ code }))
  })

  test('is opened by what a URL and a block say; the URL counts more', () => {
    const fields = { bucket: 'ignored', region: 'a', accessKeyId: 'id', secretAccessKey: 's' }
    const bucket = openBucket('trips', { region: 'b', forcePathStyle: 'false' }, fields)
    expect(JSON.parse(JSON.stringify(bucket))).toMatchObject({ bucket: 'trips', region: 'b', accessKeyId: 'id' })
  })

  const answered = (name: string, httpStatusCode?: number): Error =>
    Object.assign(new Error('told'), { name, ...(httpStatusCode !== undefined && { $metadata: { httpStatusCode } }) })

  test.each([
    [answered('PreconditionFailed', 412), 'exists'],
    [answered('ConditionalRequestConflict', 409), 'conflict'],
    [answered('SlowDown', 503), 'busy'],
    [answered('InternalError', 500), 'busy'],
    [answered('Unknown', 429), 'busy'],
    [answered('AccessDenied', 403), 'denied'],
    [answered('CredentialsProviderError'), 'denied'],
    [answered('NoSuchBucket', 404), 'wrong'],
    [answered('NotFound', 404), 'absent'],
    [answered('PermanentRedirect', 301), 'wrong'],
    [answered('TimeoutError'), 'lost'],
    ['what?', 'lost'],
  ] as const)('takes %s for %s', (error, kind) => {
    expect(s3Failure(error, 'trips').kind).toBe(kind)
  })
})
