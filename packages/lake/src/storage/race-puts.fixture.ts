import { isSluiceError } from '@sluice/core'
import type { LakeStorage } from './lake-storage.ts'
import { openLocalStorage } from './local-storage.ts'

// A process of its own: puts files that others put too, and prints how many of them it won.
const [place = '', key = '', times = '1', directory = ''] = process.argv.slice(2)
const storage = await open()
let won = 0
process.stdout.write('ready\n')
process.stdin.once('data', () => void race())

async function open(): Promise<LakeStorage> {
  if (!/^(?:s3|gs):/.test(place)) return openLocalStorage(place)
  const { openTestBucket } = await import('./test-bucket.testsupport.ts')
  return openTestBucket(place, directory)
}

async function race(): Promise<void> {
  for (let round = 0; round < Number(times); round += 1) {
    try {
      await storage.put(`${key}/${round}`, String(process.pid), { ifAbsent: true })
      won += 1
    } catch (error) {
      if (!isSluiceError(error, 'LAKE_FILE_EXISTS')) throw error
    }
  }
  process.stdout.write(`won ${won}\n`)
  process.stdin.destroy()
  await storage[Symbol.asyncDispose]()
}
