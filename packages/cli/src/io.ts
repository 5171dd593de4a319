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
  /** All of standard input, as text. */
  readInput(): Promise<string>
  /** Asks the person at the terminal for something that must not be seen; undefined where nobody is there. */
  askSecret(question: string): Promise<string | undefined>
  /** Resolves at the first Ctrl-C or SIGTERM, each time it is called; until then they end the process no more. */
  onceStopped(): Promise<void>
  /** Waits; used between looks at a run that another process is ending. */
  wait(ms: number): Promise<void>
}
