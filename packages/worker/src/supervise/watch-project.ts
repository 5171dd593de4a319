import { type FSWatcher, readdirSync, watch } from 'node:fs'
import path from 'node:path'
import type { WorkerPlatform } from '../platform.ts'

export interface ProjectWatchOptions {
  readonly project: string
  readonly platform: WorkerPlatform
  /** How long nothing must have changed. */
  readonly settleMs: number
  readonly changed: (files: readonly string[]) => void
}

const ignored = new Set(['node_modules', '.sluice', '.git', 'dist', 'coverage'])
const code = /\.(?:[cm]?[jt]s|json)$/

/**
 * Tells when a file of code has changed, once things have settled. It watches directory by directory: the system's recursive watch would
 * walk through all packages. Files that flows write are no news, unless they look like code.
 */
export function watchProject(options: ProjectWatchOptions): Disposable {
  const { project, platform, settleMs, changed } = options
  const watchers = new Map<string, FSWatcher>()
  const files = new Set<string>()
  let cancel: (() => void) | undefined
  const note = (file: string): void => {
    files.add(file)
    cancel?.()
    cancel = platform.after(settleMs, () => {
      const settled = [...files]
      files.clear()
      changed(settled)
    })
  }
  const leave = (dir: string): void => {
    watchers.get(dir)?.close()
    watchers.delete(dir)
  }
  const enter = (dir: string, isNew: boolean): void => {
    if (watchers.has(dir)) return
    try {
      const watcher = watch(dir, (_, name) => {
        if (name === null || ignored.has(name)) return
        const file = path.join(dir, name)
        if (code.test(name)) note(path.relative(project, file))
        // A directory came, or went.
        else enter(file, true)
      })
      watcher.on('error', () => leave(dir))
      watchers.set(dir, watcher)
      for (const entry of readdirSync(dir, { withFileTypes: true })) {
        if (ignored.has(entry.name)) continue
        if (entry.isDirectory()) enter(path.join(dir, entry.name), isNew)
        else if (isNew && code.test(entry.name)) note(path.relative(project, path.join(dir, entry.name)))
      }
    } catch {
      // A file, or gone again.
      leave(dir)
    }
  }
  enter(project, false)
  return {
    [Symbol.dispose]: () => {
      cancel?.()
      for (const dir of watchers.keys()) leave(dir)
    },
  }
}
