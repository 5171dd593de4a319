import { type ServerFile, serverFiles, serversDir } from '@sluice/api/node'
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { thisProcess } from './platform.ts'

/** Writes `servers/<pid>-<port>.json`, and removes those of servers that died; returns what removes this server's own. */
export function writeServerFile(home: string, url: string, store: ServerFile['store']): () => void {
  for (const { file, gone } of serverFiles(home)) if (gone) rmSync(file, { force: true })
  const { pid, host } = thisProcess
  const file = path.join(serversDir(home), `${pid}-${new URL(url).port || '80'}.json`)
  const own: ServerFile = { url, pid, host, startedAt: thisProcess.isoTime(), store }
  mkdirSync(serversDir(home), { recursive: true })
  // Under its name only when it is whole: a reader never sees half of it.
  writeFileSync(`${file}.new`, `${JSON.stringify(own)}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return () => rmSync(file, { force: true })
}
