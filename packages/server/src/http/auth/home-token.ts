import { SluiceError } from '@sluice/core'
import { randomBytes } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { thisProcess } from '../../platform.ts'

/**
 * The token that opens the servers of a home: the file `token`, made on first use, readable for its owner only. Whoever can read
 * the home may do everything anyway; nobody else on the machine can.
 */
export function readHomeToken(home: string): string {
  const file = path.join(home, 'token')
  const found = read(file)
  if (found !== undefined) return found
  try {
    // `wx`: of several servers that start at once, one makes the token and the others read it.
    writeFileSync(file, `slh_${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new SluiceError('HOME_READ_ONLY', { home, problem: (cause as Error).message }, { cause })
  }
  const made = read(file)
  if (made === undefined) throw new SluiceError('HOME_READ_ONLY', { home, problem: 'its file `token` is empty' })
  return made
}

/** Whether other users of this machine can read the token, whatever mode it was made with. Windows has no such modes. */
export function isTokenExposed(home: string): boolean {
  if (thisProcess.platform === 'win32') return false
  return ((statSync(path.join(home, 'token'), { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0
}

function read(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim()
    return text === '' ? undefined : text
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
