import { colorFrom, painter, type Paint } from '@sluice/engine/report'
import type { CliIo } from '../io.ts'

/** How to draw on standard output: its width (80 in a pipe), and colours where they are wanted. */
export function terminalOf(io: CliIo): { readonly width: number; readonly paint: Paint } {
  const { stdout } = io
  return { width: Math.max(40, stdout.columns ?? 80), paint: painter(colorFrom(io.env, stdout)) }
}
