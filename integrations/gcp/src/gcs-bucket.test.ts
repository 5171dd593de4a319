import { Secret } from '@sluice/core'
import { startFakeGcs } from '@sluice/testing'
import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { GcsBucket } from './gcs-bucket.ts'
import { GcsError, gcsFailure } from './gcs-error.ts'

describe('a bucket of Google Cloud Storage', () => {
  test('puts, lists, reads and deletes', async () => {
    await using server = await startFakeGcs()
    const bucket = new GcsBucket({ bucket: server.bucket, endpoint: server.endpoint })
    await bucket.put('a b/ü?&#.txt', Buffer.from('hello'), { ifAbsent: true, writer: 'me' })
    expect((await bucket.list('a')).objects).toMatchObject([{ key: 'a b/ü?&#.txt', size: 5 }])
    expect(await bucket.head('a b/ü?&#.txt')).toMatchObject({ size: 5, writer: 'me' })
    const { chunks, size } = await bucket.get('a b/ü?&#.txt', { first: 1, last: 3 })
    const read: Uint8Array[] = []
    for await (const chunk of chunks) read.push(chunk)
    expect([size, Buffer.concat(read).toString()]).toEqual([3, 'ell'])
    await bucket.delete(['a b/ü?&#.txt', 'none'])
    expect(await bucket.head('a b/ü?&#.txt')).toBeUndefined()
  })

  test('says that its credentials are no key, without a word of them', async () => {
    const bucket = new GcsBucket({ bucket: 'trips', credentials: new Secret('hush'), endpoint: 'http://127.0.0.1:1' })
    expect([inspect(bucket), JSON.stringify(bucket), String(bucket)].join()).not.toContain('hush')
    const told: unknown = await bucket.head('a').catch((error: unknown) => error)
    expect(told).toMatchObject({ code: 'OPTION_INVALID' })
    expect(inspect(told)).not.toContain('hush')
  })

  test.each([
    [{ bucket: 'trips', region: 'x' }, 'OPTION_UNKNOWN'],
    [{ bucket: 'No' }, 'OPTION_INVALID'],
    [{ bucket: 'trips', endpoint: 'localhost:9000' }, 'OPTION_INVALID'],
  ])('refuses %j', (settings, code) => {
    expect(() => new GcsBucket(settings)).toThrow(expect.objectContaining({ code }))
  })

  test.each([
    [new GcsError(412, 'x'), 'exists'],
    [new GcsError(409, 'x'), 'conflict'],
    [new GcsError(429, 'x'), 'busy'],
    [new GcsError(500, 'x'), 'busy'],
    [new GcsError(403, 'x'), 'denied'],
    [new GcsError(404, 'No such object: a'), 'absent'],
    [new GcsError(404, 'The specified bucket does not exist.'), 'wrong'],
    [new GcsError(410, 'x'), 'lost'],
    [new GcsError(400, 'x'), 'wrong'],
    [new Error('Could not load the default credentials.'), 'denied'],
    [new TypeError('fetch failed', { cause: new Error('ECONNRESET') }), 'lost'],
  ] as const)('takes %s for %s', (error, kind) => {
    expect(gcsFailure(error, 'trips').kind).toBe(kind)
  })
})
