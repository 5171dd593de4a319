#!/usr/bin/env node
// Plain JavaScript for old Node versions: `npx sluice` starts whatever `node` the machine has. When that is too old, the
// project's own Node (the npm package `node` puts it into node_modules/.bin) takes over.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const needed = [24, 12]
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
/** A signal to the whole process group arrives by itself and from the process before: both within this time. */
const sameSignalMs = 300

if (isNewEnough(process.versions.node)) await start()
else handOver()

async function start() {
  if (process.env.SLUICE_NODE_HANDED_OVER === '1') hearSignalsOnce()
  // A command that a flow starts may have to hand over again.
  delete process.env.SLUICE_NODE_HANDED_OVER
  // Whoever read our output has seen enough (`| head`): that is no reason to end a run.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe)
  module.enableCompileCache()
  const { main } = await import('@sluice/cli')
  const code = await main(process.argv.slice(2))
  // A flow's file may have left a connection or a timer behind; the command has done its work. What was written goes out first.
  process.exitCode = code
  process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
}

function ignoreClosedPipe(error) {
  if (error.code !== 'EPIPE') throw error
}

/** Of the same signal twice, at once, the second is dropped: it would end a process that drains after the first. */
function hearSignalsOnce() {
  const { emit, kill } = process
  const heard = {}
  process.emit = function (event, ...args) {
    if (!signals.includes(event)) return emit.call(this, event, ...args)
    const last = heard[event]
    heard[event] = performance.now()
    if (last !== undefined && heard[event] - last < sameSignalMs) return true
    return emit.call(this, event, ...args)
  }
  // What this process sends itself is no second one: with it, it ends as the signal says.
  process.kill = function (pid, signal) {
    if (pid === process.pid && signals.includes(signal)) {
      delete heard[signal]
      process.off(signal, leave)
    }
    return kill.call(this, pid, signal)
  }
  // It keeps the system from acting on the second. Where nobody else listens, the system's own way is taken after all.
  for (const signal of signals) process.on(signal, leave)
  function leave(signal) {
    if (process.listenerCount(signal) > 1) return
    process.kill(process.pid, signal)
  }
}

function handOver() {
  const node = findNode()
  if (node === undefined || process.env.SLUICE_NODE_HANDED_OVER === '1') {
    console.error(
      `sluice: Node ${process.versions.node} is too old for Sluice, which needs ${needed.join('.')} or newer. ` +
        'Install a newer Node from nodejs.org, or add one to this project: npm install --save-dev node@26',
    )
    process.exit(1)
  }
  const env = Object.assign({}, process.env, { SLUICE_NODE_HANDED_OVER: '1' })
  const args = process.execArgv.concat(fileURLToPath(import.meta.url), process.argv.slice(2))
  const child = spawn(node, args, { stdio: 'inherit', env, shell: process.platform === 'win32' })
  // The child decides what to do with a signal, and this process waits for that. Nobody can tell here whether the whole process group
  // has it, as with Ctrl-C: it is passed on, and the child drops what comes twice.
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`sluice: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code === null ? 1 : code)
    for (const each of signals) process.removeAllListeners(each)
    process.kill(process.pid, signal)
  })
}

/** Beside this command as it was started, then in each node_modules upwards from this file and from the working directory. */
function findNode() {
  const name = process.platform === 'win32' ? 'node.cmd' : 'node'
  const places = [path.dirname(process.argv[1])]
  for (const from of [path.dirname(fileURLToPath(import.meta.url)), process.cwd()]) {
    for (let dir = from, last = ''; dir !== last; last = dir, dir = path.dirname(dir))
      places.push(path.join(dir, 'node_modules', '.bin'))
  }
  return places.map((dir) => path.join(dir, name)).find((file) => existsSync(file))
}

function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > needed[0] || (major === needed[0] && minor >= needed[1])
}
