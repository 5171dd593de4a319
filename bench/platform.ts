import { readFileSync } from 'node:fs'

/** The clocks of the bench: wall time and the processor time of this process. */
export interface Stopwatch {
  /** Milliseconds since it was started. */
  wall(): number
  /** Milliseconds of processor time, user and system, of all threads. On a busy machine it varies less than wall time. */
  cpu(): number
}

export function startStopwatch(): Stopwatch {
  const start = performance.now()
  const used = process.cpuUsage()
  return {
    wall: () => performance.now() - start,
    cpu: () => {
      const { user, system } = process.cpuUsage(used)
      return (user + system) / 1000
    },
  }
}

/** Bytes of memory that this process holds now. */
export const residentBytes = (): number => process.memoryUsage.rss()

/** The most that it ever held. */
export const peakResidentBytes = (): number => process.resourceUsage().maxRSS * 1024

/**
 * Milliseconds of processor time of all child processes that have ended, in steps of 10 ms: good for sums over many. Linux only,
 * 0 elsewhere.
 */
export function endedChildrenCpu(): number {
  if (process.platform !== 'linux') return 0
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ').at(-1)?.split(' ') ?? []
  // cutime and cstime, in ticks of a hundredth of a second.
  return (Number(fields[13]) + Number(fields[14])) * 10
}

/** Milliseconds of processor time that another process has used, in steps of 10. Linux only, 0 elsewhere. */
export function cpuOf(pid: number): number {
  const fields = read(`/proc/${pid}/stat`).split(') ').at(-1)?.split(' ') ?? []
  // utime and stime, in ticks of a hundredth of a second.
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * 10
}

/** Bytes of memory that another process holds. Linux only, 0 elsewhere. */
export function residentBytesOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
}

/** The processes that another process has started. Linux only. */
export function childrenOf(pid: number): readonly number[] {
  return read(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number)
}

function read(file: string): string {
  return process.platform === 'linux' ? readFileSync(file, 'utf8') : ''
}
