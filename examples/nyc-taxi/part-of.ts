import { run } from 'sluice'
import { createHash } from 'node:crypto'

/**
 * Where the running task writes a file before it takes its name. The same for every attempt and resume of the task, so
 * that the next one overwrites what a killed process left; another task of this or any run has another.
 */
export function partOf(file: string): string {
  const task = createHash('sha256').update(`${run.id} ${run.key}`).digest('hex').slice(0, 12)
  return `${file}.${task}.part`
}
