import { testHome, startFakeS3 } from '@sluice/testing'
import { afterEach, expect, test, vi } from 'vitest'
import { platform } from '../platform.ts'
import { lookAtLake } from './open-server-lake.ts'

afterEach(() => vi.unstubAllEnvs())

test('a lake is looked at by writing: a bucket that can be written, one that refuses, one that writes over what is there', async () => {
  await using server = await startFakeS3()
  await using home = await testHome()
  const location = `s3://lake/prod?endpoint=${server.endpoint}`
  vi.stubEnv('SLUICE_LAKE_URL', location)
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test')
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test')
  expect(await lookAtLake(home, platform.newId)).toEqual({ location, problem: undefined })
  server.fail({ on: 'put', fault: 'denied' })
  await expect(lookAtLake(home, platform.newId)).rejects.toMatchObject({ code: 'LAKE_STORAGE_DENIED' })
  server.fail({ on: 'put', fault: 'unconditional', times: 2 })
  expect(await lookAtLake(home, platform.newId)).toMatchObject({
    problem: expect.stringContaining('conditional writes'),
  })
  expect(server.objects.list('', '', 10).keys).toEqual([])
})
