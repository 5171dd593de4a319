import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const bin = path.resolve(import.meta.dirname, '../bin/sluice.js')
/** Only the first process takes itself for an old Node. */
const old = `if (process.env.SLUICE_NODE_HANDED_OVER !== '1')
  Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.0.0' } })`

let dir = ''
beforeEach(() => (dir = mkdtempSync(path.join(tmpdir(), 'sluice-hand-over-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

interface Started {
  readonly child: ChildProcess
  readonly pid: number
  readonly said: () => string
}

const slow = `
import { flow, run } from 'sluice'
import { setTimeout } from 'node:timers/promises'
const onCancellation = async () => {
  await setTimeout(500)
  console.error('CLEANED')
}
export const stuck = flow({ name: 'stuck', onCancellation }, async () => {
  console.error('READY')
  await setTimeout(60_000, undefined, { signal: run.signal })
})`

/** `sluice` behind a process of an old Node, both in a process group of their own; once it says so. */
async function start(args: readonly string[], word: RegExp): Promise<Started> {
  const flags = ['--conditions=source', '--import', `data:text/javascript,${encodeURIComponent(old)}`]
  const child = spawn(process.execPath, [...flags, bin, ...args], {
    cwd: dir,
    env: { ...process.env, SLUICE_HOME: path.join(dir, '.sluice'), XDG_CONFIG_HOME: dir, SLUICE_LOG: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let said = ''
  const { promise: ready, resolve } = Promise.withResolvers<void>()
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      said += String(data)
      if (word.test(said)) resolve()
    })
  await Promise.race([ready, once(child, 'exit').then(() => Promise.reject(new Error(`it ended: ${said}`)))])
  return { child, pid: child.pid ?? 0, said: () => said }
}

const ways = [
  ['the process group', (pid: number) => -pid],
  ['the first process alone', (pid: number) => pid],
] as const

test.each(ways)('behind an old Node, a run cleans up after one SIGTERM to %s', async (_, target) => {
  symlinkSync(path.resolve(import.meta.dirname, '../../../node_modules'), path.join(dir, 'node_modules'))
  writeFileSync(path.join(dir, 'package.json'), '{"type":"module"}')
  writeFileSync(path.join(dir, 'slow.ts'), slow)
  const { child, pid, said } = await start(['run', 'slow.ts'], /READY/)
  const ended = once(child, 'close')
  process.kill(target(pid), 'SIGTERM')
  expect((await ended)[1]).not.toBe('SIGKILL')
  expect(said()).toContain('CLEANED')
})

test.each(ways)('behind an old Node, a server stops on one SIGINT to %s', async (_, target) => {
  const { child, pid, said } = await start(['server', 'start', '--port', '0'], /worker start/)
  const ended = once(child, 'close')
  process.kill(target(pid), 'SIGINT')
  expect(await ended).toEqual([0, null])
  expect(said()).toContain('The server has stopped')
})

test('behind an old Node, what nobody listens to ends the command as it ends others', async () => {
  const { child, pid } = await start(['server', 'start', '--port', '0'], /worker start/)
  const ended = once(child, 'close')
  process.kill(pid, 'SIGHUP')
  expect(await ended).toEqual([null, 'SIGHUP'])
})
