import { colorFrom, painter, type Paint } from '@sluice/engine/report'
import type { CliIo } from '../io.ts'

interface Canvas {
  readonly width: number
  readonly paint: Paint
}

/** How to draw on standard output: its width (80 in a pipe, or what `COLUMNS` says), and colours where they are wanted. */
export function terminalOf(io: CliIo): Canvas {
  return { width: widthOf(io) ?? 80, paint: painter(colorFrom(io.env, io.stdout)) }
}

/** The same for what has no width of its own: in a pipe, nothing of a table is cut unless `COLUMNS` says so. */
export function pageOf(io: CliIo): Canvas {
  return { ...terminalOf(io), width: widthOf(io) ?? Infinity }
}

/** Undefined: it is no terminal, and nobody said how wide to write. */
function widthOf({ stdout, env }: CliIo): number | undefined {
  const said = /^[1-9]\d{0,4}$/.test(env['COLUMNS'] ?? '') ? Number(env['COLUMNS']) : undefined
  const width = said ?? stdout.columns ?? (stdout.isTTY ? 80 : undefined)
  return width === undefined ? undefined : Math.max(40, width)
}
