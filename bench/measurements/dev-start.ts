import { runningServer } from '@sluice/api/node'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { temporaryDirectory } from '../bench-home.ts'
import { type BenchRow, rowOf } from '../bench-row.ts'
import { residentBytesOf, startStopwatch } from '../platform.ts'
import { median } from '../rounds.ts'

const bin = path.resolve(import.meta.dirname, '../../packages/sluice/bin/sluice.js')

/** `sluice dev` in a project of one flow: from its start until `/health` answers, and what it holds when it has nothing to do. */
export async function measure(): Promise<readonly BenchRow[]> {
  const starts: number[] = []
  const resident: number[] = []
  for (let round = 0; round < 5; round++) {
    const { ms, bytes } = await startDev(round === 4 ? 5_000 : 0)
    starts.push(ms)
    if (bytes > 0) resident.push(bytes)
  }
  const note = `${Math.round(Math.min(...starts))} – ${Math.round(Math.max(...starts))} in ${starts.length} starts`
  return [
    rowOf({ name: '`sluice dev`, start to healthy', value: median(starts), unit: 'ms', atMost: 1_000, note }),
    rowOf({ name: '`sluice dev`, idle: its process', value: median(resident) / 1e6, unit: 'MB', atMost: 150 }),
  ]
}

async function startDev(restMs: number): Promise<{ readonly ms: number; readonly bytes: number }> {
  await using directory = await temporaryDirectory()
  const project = directory.path
  mkdirSync(path.join(project, '.sluice'))
  writeFileSync(path.join(project, 'package.json'), '{ "type": "module" }')
  const watch = startStopwatch()
  const child = spawn(process.execPath, [bin, 'dev', '--port', '0'], { cwd: project, stdio: 'ignore' })
  const exited = once(child, 'exit')
  try {
    const url = await serverOf(path.join(project, '.sluice'))
    while (!(await fetch(`${url}/health`).then(({ ok }) => ok))) await delay(5)
    const ms = watch.wall()
    await delay(restMs)
    return { ms, bytes: restMs === 0 ? 0 : residentBytesOf(child.pid ?? 0) }
  } finally {
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await exited
    clearTimeout(late)
  }
}

async function serverOf(home: string): Promise<string> {
  for (let tries = 0; tries < 2_000; tries++) {
    const server = runningServer(home)
    if (server !== undefined) return server.url
    await delay(5)
  }
  throw new Error('sluice dev has not started')
}
