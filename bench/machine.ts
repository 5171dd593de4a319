import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'

/** Where figures come from: without it they say nothing. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly node: string
  readonly os: string
  /** Processes that wanted to run in the last minute, before the bench began: beyond 0 the machine was not ours alone. */
  readonly load: number
}

export function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 1e9),
    node: process.version,
    os: `${type()} ${release()}`,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  }
}

export function machineLine({ cpu, cores, memoryGb, node, os, load }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGb} GB · Node ${node} · ${os} · load before ${load}`
}
