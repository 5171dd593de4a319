import { readFileSync } from 'node:fs'

const pageBytes = 4096

/** What a process has in memory, in MiB; undefined where the system does not tell. */
export function residentMb(pid: number): number | undefined {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1])
    return (pages * pageBytes) / 2 ** 20
  } catch {
    return undefined
  }
}
