import { access, constants, readdir, stat, statfs } from 'node:fs/promises'
import path from 'node:path'

export interface Check {
  readonly name: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly message: string
  /** What to do, when not ok. */
  readonly next?: string
}

/** Node 24.12 is the first that runs TypeScript as Sluice needs it. */
export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const fits = major > 24 || (major === 24 && minor >= 12)
  return fits
    ? { name: 'node', status: 'ok', message: version }
    : {
        name: 'node',
        status: 'fail',
        message: `${version} is too old`,
        next: 'Install Node 24.12 or newer from nodejs.org.',
      }
}

/** The `.sluice` directory, and whether this user can write there. */
export async function checkHome(dir: string): Promise<Check> {
  const writable = await access(dir, constants.W_OK).then(
    () => true,
    () => false,
  )
  return writable
    ? { name: 'home', status: 'ok', message: dir }
    : {
        name: 'home',
        status: 'fail',
        message: `${dir} cannot be written`,
        next: 'Give this user write access, or choose another place with SLUICE_HOME.',
      }
}

/** Where large results are kept. It is made with the first of them. */
export async function checkResults(dir: string): Promise<Check> {
  const shards = await readdir(dir).catch(() => undefined)
  if (shards === undefined) return { name: 'results', status: 'ok', message: 'no large results yet' }
  const writable = await access(dir, constants.W_OK).then(
    () => true,
    () => false,
  )
  return writable
    ? { name: 'results', status: 'ok', message: dir }
    : {
        name: 'results',
        status: 'fail',
        message: `${dir} cannot be written`,
        next: 'Give this user write access: results above 64 KiB go there.',
      }
}

/** The key for secrets: from the environment, or a file that only its owner may read. */
export async function checkSecretKey(home: string, env: Readonly<Record<string, string | undefined>>): Promise<Check> {
  const given = env['SLUICE_SECRET_KEY']
  if (given !== undefined && given !== '') {
    return Buffer.from(given, 'base64').length === 32
      ? { name: 'secret key', status: 'ok', message: 'from SLUICE_SECRET_KEY' }
      : {
          name: 'secret key',
          status: 'fail',
          message: 'SLUICE_SECRET_KEY is not 32 bytes in base64',
          next: 'Make one: openssl rand -base64 32',
        }
  }
  const file = path.join(home, 'secret.key')
  const found = await stat(file).catch(() => undefined)
  if (found === undefined)
    return { name: 'secret key', status: 'ok', message: 'none yet; it is made with the first secret' }
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    return { name: 'secret key', status: 'warn', message: `others can read ${file}`, next: `chmod 600 ${file}` }
  }
  return { name: 'secret key', status: 'ok', message: file }
}

const megabyte = 1024 * 1024

/** Room for the journal and results. */
export async function checkDisk(dir: string): Promise<Check> {
  const { bavail, bsize } = await statfs(dir)
  const free = Math.floor((bavail * bsize) / megabyte)
  const message = `${free >= 10_240 ? `${Math.floor(free / 1024)} GB` : `${free} MB`} free`
  if (free < 100)
    return {
      name: 'disk',
      status: 'fail',
      message,
      next: 'Free some space: runs wait when their journal cannot be written.',
    }
  if (free < 1024) return { name: 'disk', status: 'warn', message, next: 'Free some space soon.' }
  return { name: 'disk', status: 'ok', message }
}
