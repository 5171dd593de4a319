import { appendFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** Something that happens outside: a line in a file, and one on stdout for the test that watches. */
export function happen(name: string): void {
  appendFileSync(process.env['EFFECTS'] ?? 'effects', `${name}\n`)
  process.stdout.write(`effect ${name}\n`)
}

/** Some I/O. */
export async function io(ms = 2): Promise<void> {
  await delay(ms)
}
