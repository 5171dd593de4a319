import type { Micros } from '@sluice/core'

/** Where a command writes. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  hasColors?(): boolean
}

/** All that a command takes from its process, so that tests can hand in their own. */
export interface CliIo {
  readonly stdout: Output
  readonly stderr: Output
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  now(): Micros
  /** Waits; used between looks at a run that another process is ending. */
  wait(ms: number): Promise<void>
}
