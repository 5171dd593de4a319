import type { Owner } from '@sluice/store'
import { readFileSync } from 'node:fs'
import { thisProcess } from '../platform.ts'

/** This process, so that another can tell whether it still lives. */
export function ownerOfThisProcess(): Owner {
  return { host: thisProcess.host, bootId: bootId(), pid: thisProcess.pid, pidStart: pidStart(thisProcess.pid) ?? '' }
}

/** `unknown` for a process of another machine: only its own machine can say. */
export function liveness(owner: Owner): 'alive' | 'dead' | 'unknown' {
  if (owner.host !== thisProcess.host) return 'unknown'
  if (owner.bootId !== bootId()) return 'dead'
  if (!exists(owner.pid)) return 'dead'
  const started = pidStart(owner.pid)
  return started === undefined || owner.pidStart === '' || started === owner.pidStart ? 'alive' : 'dead'
}

let knownBootId: string | undefined

function bootId(): string {
  return (knownBootId ??= read('/proc/sys/kernel/random/boot_id')?.trim() ?? '')
}

/** Field 22 of /proc/pid/stat: start time in clock ticks since boot. The name in field 2 may hold spaces and parentheses. */
function pidStart(pid: number): string | undefined {
  const stat = read(`/proc/${pid}/stat`)
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function exists(pid: number): boolean {
  // A zombie is dead: it only waits for its parent to look.
  const stat = read(`/proc/${pid}/stat`)
  if (stat !== undefined) return stat.charAt(stat.lastIndexOf(')') + 2) !== 'Z'
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
