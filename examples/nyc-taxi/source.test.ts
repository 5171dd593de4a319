import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { chooseSource, locate } from './source.ts'

const april = { color: 'green', year: 2020, month: 4 } as const
const { signal } = new AbortController()

test('a URL template, a directory and the generator are each a place of one month', async () => {
  expect(locate('https://x.example/{color}/{color}_{year}-{month}.csv.gz', april, 1)).toBe(
    'https://x.example/green/green_2020-04.csv.gz',
  )
  expect(locate('generated', april, 500)).toBe('generated:green/2020-04?rows=500')
  const directory = await mkdtemp(path.join(tmpdir(), 'taxi-test-'))
  try {
    const file = path.join(directory, 'green_tripdata_sample_2020-04.csv.gz')
    await writeFile(file, '')
    expect(locate(directory, april, 1)).toBe(file)
    expect(() => locate(directory, { ...april, month: 5 }, 1)).toThrow(/has none of green_tripdata_2020-05\.csv\.gz/)
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('where the public files cannot be reached, the choice falls on the generator and says why', async () => {
  const { source, why } = await chooseSource('auto', april, signal, 'http://127.0.0.1:9/{color}.csv.gz')
  expect(source).toBe('generated')
  expect(why).toMatch(/^The public files cannot be reached \(.+\): using generated trips instead\.$/)
})

test('a source that was named is not second-guessed', async () => {
  expect(await chooseSource('/somewhere', april, signal)).toEqual({ source: '/somewhere' })
})
