import type { Bucket, BucketBody } from '@sluice/core'
import { promises as fs } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { platform } from '../platform.ts'
import { openBucketStorage } from './bucket-storage.ts'

/** A bucket whose bodies are these, one after the other. */
function bucketOf(bodies: BucketBody[]): Bucket {
  const unused = (): Promise<never> => Promise.reject(new Error('not asked for'))
  return {
    url: 's3://lake',
    get: () => Promise.resolve(bodies.shift() ?? body('', 0)),
    put: unused,
    putFile: unused,
    head: unused,
    list: unused,
    delete: unused,
    failureOf: (error) => ({ kind: 'lost', reason: String(error) }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

function body(text: string, size: number): BucketBody {
  const chunks = (async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(text)
  })()
  return { size, chunks }
}

test('a body that ends before it should, without any error of the connection, is asked for again', async () => {
  const directory = await fs.mkdtemp(path.join(tmpdir(), 'sluice-bucket-'))
  try {
    const waits: number[] = []
    const sleep = (ms: number): Promise<void> => Promise.resolve(void waits.push(ms))
    const options = { prefix: '', directory, budget: 1e6, platform: { ...platform, sleep, random: () => 1 } }
    const storage = await openBucketStorage(bucketOf([body('te', 4), body('tex', 4), body('text', 4)]), options)
    expect(Buffer.from(await storage.get('a')).toString()).toBe('text')
    expect(waits).toEqual([100, 200])
    await using lent = await (
      await openBucketStorage(bucketOf([body('te', 4), body('text', 4)]), options)
    ).lend([{ key: 'a', size: 4 }])
    expect(await fs.readFile(lent.paths[0] ?? '', 'utf8')).toBe('text')
  } finally {
    await fs.rm(directory, { recursive: true })
  }
})
