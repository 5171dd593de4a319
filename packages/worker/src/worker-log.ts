/** Where a worker tells what it does: one line each. */
export type WorkerLog = (level: 'info' | 'warn' | 'error', message: string) => void

/** Plain lines on standard error, where reports go. */
export const standardLog: WorkerLog = (level, message) => {
  process.stderr.write(`${level === 'info' ? '' : `${level}: `}${message}\n`)
}
