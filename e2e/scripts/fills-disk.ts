import { flow, task } from 'sluice'
import { closeSync, cpSync, openSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { io } from './effects.ts'

const home = process.env['SLUICE_HOME'] ?? ''
const filler = path.join(home, 'filler')

/** Leaves not a byte free, and makes room again after a while. */
const fill = task({ name: 'fill' }, async () => {
  const file = openSync(filler, 'w')
  for (const size of [65_536, 4_096, 1]) {
    const block = Buffer.alloc(size)
    try {
      for (;;) if (writeSync(file, block) < size) break
    } catch {
      // ENOSPC: smaller ones may still fit.
    }
  }
  closeSync(file)
  setTimeout(() => rmSync(filler), 1_500)
  return 'full'
})
/** Its outcomes do not fit: they wait. */
const step = task({ name: 'step' }, async (n: number) => {
  await io(5)
  return 'x'.repeat(20_000) + n
})

export const fillsDisk = flow({ name: 'fills-disk' }, async () => {
  await fill()
  const texts = await Promise.all([1, 2, 3].map((n) => step(n)))
  for (let n = 4; n < 20; n++) texts.push(await step(n))
  return texts.length
})

if (import.meta.main) {
  process.stdout.write(`result ${await fillsDisk()}\n`)
  cpSync(home, process.env['COPY'] ?? '', { recursive: true })
}
