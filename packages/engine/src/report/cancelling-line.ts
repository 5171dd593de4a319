import type { RunNode } from '../types.ts'
import { span, type Line } from './line.ts'

/** Told the moment a cancellation begins: a terminal that says nothing after Ctrl-C makes people kill what is cleaning up. */
export function cancellingLine(run: RunNode): Line {
  return [
    span(`${run.flow} cancelling …`, 'magenta'),
    span(" waits up to 10 s for the flow's own code; Ctrl-C again kills"),
  ]
}
