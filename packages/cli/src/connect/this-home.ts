import { findHomeDir } from '@sluice/api/node'
import path from 'node:path'
import type { CliIo } from '../io.ts'

/** The project at hand and its `.sluice` directory, absolute; neither is made. */
export function thisHome(io: CliIo): { readonly project: string; readonly home: string } {
  const home = findHomeDir(io.cwd, io.env)
  return { home, project: path.basename(home) === '.sluice' ? path.dirname(home) : io.cwd }
}
