import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Makes the `.sluice` directory of a machine that has none: private, and never in a commit by accident. */
export function makeHome(dir: string): void {
  if (existsSync(dir)) return
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  writeFileSync(path.join(dir, '.gitignore'), '*\n')
}
