import { isSluiceError } from '@sluice/core'
import { openLocalStorage } from './local-storage.ts'

// A process of its own: puts files that others put too, and prints how many of them it won.
const [directory = '', key = '', times = '1'] = process.argv.slice(2)
const storage = await openLocalStorage(directory)
let won = 0
process.stdout.write('ready\n')
process.stdin.once('data', () => void race())

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
}
