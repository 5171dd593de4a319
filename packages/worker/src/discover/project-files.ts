import { globSync } from 'node:fs'
import path from 'node:path'

/** Where flows are looked for when nothing says where. */
export const defaultFlows: readonly string[] = ['flows/**/*.{ts,mts,js,mjs}', '*.flow.{ts,mts,js,mjs}']

const notFlows = /(?:\.(?:test|spec|d)\.[cm]?[jt]s$)|(?:^|\/)(?:node_modules|\.sluice|\.git|dist)(?:\/|$)/

/** The files that globs name, relative to the project, in order, each once. Tests and declarations are none. */
export function projectFiles(project: string, globs: readonly string[]): readonly string[] {
  const found = globs.flatMap((glob) =>
    globSync(glob, { cwd: project, exclude: (name) => name === 'node_modules' || name === '.sluice' }),
  )
  const files = found.map((file) => path.relative(project, path.resolve(project, file)).split(path.sep).join('/'))
  return [...new Set(files)].filter((file) => !notFlows.test(file)).toSorted()
}
