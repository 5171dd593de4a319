import { promises as fs } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cacheBudget, homePlace, mayHaveLake, placeAt } from './lake-place.ts'
import { openStorage } from './open-storage.ts'

describe('the place of a lake', () => {
  let project = ''
  beforeEach(async () => {
    project = await fs.mkdtemp(path.join(tmpdir(), 'sluice-place-'))
  })
  afterEach(() => fs.rm(project, { recursive: true }))

  const home = (): { readonly dir: string; readonly project: string } => ({
    dir: path.join(project, '.sluice'),
    project,
  })
  const configure = (lake: unknown): Promise<void> =>
    fs.writeFile(path.join(project, 'package.json'), JSON.stringify({ name: 'p', sluice: { lake } }))

  test('is the directory of the home, what the project says, or what the environment says, which counts most', async () => {
    const directory = path.join(project, '.sluice', 'lake')
    expect(homePlace(home(), {})).toEqual({ kind: 'directory', location: `file://${directory}`, directory })
    expect(mayHaveLake(home(), {})).toBe(false)
    await configure({ url: 's3://trips/prod/lake?region=eu-central-1', cache: '2GB' })
    expect(homePlace(home(), {})).toEqual({
      kind: 'bucket',
      location: 's3://trips/prod/lake?region=eu-central-1',
      scheme: 's3',
      bucket: 'trips',
      prefix: 'prod/lake',
      block: undefined,
      options: { region: 'eu-central-1' },
    })
    expect(mayHaveLake(home(), {})).toBe(true)
    expect(cacheBudget(home(), {})).toBe(2e9)
    expect(cacheBudget(undefined, {})).toBe(10e9)
    expect(cacheBudget(home(), { SLUICE_LAKE_CACHE_SIZE: '1GiB' })).toBe(2 ** 30)
    const env = { SLUICE_LAKE_URL: 'gs://other/?block=lake' }
    expect(homePlace(home(), env)).toMatchObject({ scheme: 'gs', bucket: 'other', prefix: '', block: 'lake' })
    expect(homePlace(home(), { SLUICE_LAKE_URL: 'file:///data/my lake' })).toMatchObject({ directory: '/data/my lake' })
  })

  test.each([
    ['ftp://x/y', 'no URL that Sluice knows'],
    ['./lake', 'no URL that Sluice knows'],
    ['s3:/lake', 'it names no bucket'],
    ['s3://key:secret@trips/lake', 'credentials are not part of a URL'],
    ['s3://trips?secretAccessKey=x', "may not say 'secretAccessKey'"],
    ['gs://trips?region=x', "may not say 'region'"],
  ])('%s is refused, and what is secret is not repeated', (url, problem) => {
    expect(() => placeAt(url)).toThrow(problem)
    expect(() => placeAt(url)).not.toThrow(/key:secret|=x/)
  })

  test.each([
    [{ bucket: 'x' }, "'sluice.lake.bucket' is not known; there are url, cache, requireOwner"],
    [{ requireOwner: 'yes' }, "'sluice.lake.requireOwner' must be true or false"],
    [{ url: 3 }, "'sluice.lake.url' must be text"],
    ['s3://x', "'sluice.lake' must be an object"],
  ])('%j in package.json is refused', async (lake, problem) => {
    await configure(lake)
    expect(() => homePlace(home(), {})).toThrow(problem)
  })

  test('in a bucket that wants credentials of a block gets them, and not without one', async () => {
    const around = { project, directory: path.join(project, 'cache'), budget: 1e6 }
    const asked: string[] = []
    const block = (kind: string, name: string): Promise<Readonly<Record<string, string>>> => {
      asked.push(`${kind}/${name}`)
      return Promise.resolve({ bucket: 'trips', accessKeyId: 'id', secretAccessKey: 'secret' })
    }
    const place = placeAt('s3://trips/lake?block=prod&endpoint=http://127.0.0.1:1')
    await using storage = await openStorage(place, { ...around, block })
    expect(storage.url).toBe('s3://trips/lake')
    expect(asked).toEqual(['S3Bucket/prod'])
    await expect(openStorage(place, { ...around, block: undefined })).rejects.toMatchObject({ code: 'BLOCK_NOT_FOUND' })
  })
})
