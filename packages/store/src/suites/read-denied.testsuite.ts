import { join } from 'node:path'
import { isSluiceError } from '@sluice/core'
import { openStore } from '../open-store.ts'

// A process of its own, without root's rights: what a directory that it must not write to answers.
const [directory = '', runId = ''] = process.argv.slice(2)

async function outcome(path: string): Promise<string> {
  try {
    await (await openStore(path)).close()
    return 'opened'
  } catch (error) {
    return isSluiceError(error) ? error.code : String(error)
  }
}

const old = join(directory, 'sluice.db')
console.log(`new file: ${await outcome(join(directory, 'sub', 'new.db'))}`)
console.log(`old file: ${await outcome(old)}`)
await using reader = await openStore(old, { readOnly: true })
console.log(`read: ${(await reader.getRun(runId))?.id}`)
