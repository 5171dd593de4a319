import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { receiveFile } from './receive-file.ts'

let staging: string
beforeAll(async () => {
  staging = await mkdtemp(path.join(tmpdir(), 'sluice-receive-'))
})
afterAll(() => rm(staging, { recursive: true }))

const body = (...chunks: readonly string[]): Readable => Readable.from(chunks.map((chunk) => Buffer.from(chunk)))

test('a body becomes a file of its name, alone in a directory, until it is not needed any more', async () => {
  {
    await using file = await receiveFile(body('a,b\n', '1,2\n'), staging, 'trips.csv', 100)
    expect(await readdir(file.directory)).toEqual(['trips.csv'])
    expect(await readFile(path.join(file.directory, 'trips.csv'), 'utf8')).toBe('a,b\n1,2\n')
  }
  expect(await readdir(staging)).toEqual([])
})

test('one that is larger than it may be leaves nothing, also when it does not say how large it is', async () => {
  await expect(receiveFile(body('12345', '678901'), staging, 'a', 10)).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' })
  expect(await readdir(staging)).toEqual([])
})

test('one whose connection breaks leaves nothing, and is no fault of the server', async () => {
  const broken = new Readable({ read: () => undefined })
  const received = receiveFile(broken, staging, 'a', 100)
  broken.push(Buffer.from('half'))
  broken.destroy()
  await expect(received).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  expect(await readdir(staging)).toEqual([])
})
