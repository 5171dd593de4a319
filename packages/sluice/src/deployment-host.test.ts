import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const repository = path.resolve(import.meta.dirname, '../../..')
let dir = ''
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'sluice-host-'))
  symlinkSync(path.join(repository, 'node_modules'), path.join(dir, 'node_modules'))
  writeFileSync(path.join(dir, 'package.json'), '{"type":"module"}')
  mkdirSync(path.join(dir, '.sluice'))
  // The processes of its worker compile nothing that those of another test have compiled.
  const compiled = process.env['NODE_COMPILE_CACHE']
  if (compiled !== undefined) symlinkSync(compiled, path.join(dir, '.sluice/compile-cache'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

test('flow.deploy() in a script deploys, also where no server runs, and leaves none behind', async () => {
  writeFileSync(
    path.join(dir, 'etl.ts'),
    `import { flow } from 'sluice'
export const ingest = flow({ name: 'ingest' }, async () => 1)
if (import.meta.main) console.log(JSON.stringify(await ingest.deploy({ name: 'nightly', cron: '0 5 * * *' })))
`,
  )
  const first = await node('etl.ts')
  expect(JSON.parse(first.stdout)).toMatchObject({ name: 'ingest/nightly', version: 1, id: expect.any(String) })
  expect(JSON.parse((await node('etl.ts')).stdout)).toEqual(JSON.parse(first.stdout))
}, 30_000)

test('flow.serve() in a script runs what is due until it is told to stop', async () => {
  writeFileSync(
    path.join(dir, 'serve.ts'),
    `import { flow } from 'sluice'
export const tick = flow({ name: 'tick' }, async () => { console.log('TICKED') })
if (import.meta.main) await tick.serve({ name: 'often', every: '1s' })
`,
  )
  const served = await node('serve.ts', 'TICKED')
  expect(served.code).toBe(0)
}, 30_000)

interface Ended {
  readonly code: number | null
  readonly stdout: string
}

/** Runs a script of the project until it ends; once it has printed `until`, it is told to. */
function node(file: string, until?: string): Promise<Ended> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SLUICE_')))
  const child = spawn(process.execPath, ['--conditions=source', file], {
    cwd: dir,
    env: { ...env, XDG_CONFIG_HOME: path.join(dir, 'config') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let all = ''
  const look = (text: string): void => {
    all += text
    if (until !== undefined && all.includes(until)) child.kill('SIGTERM')
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    look(text)
  })
  child.stderr.setEncoding('utf8').on('data', look)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => (code === 0 ? resolve({ code, stdout }) : reject(new Error(`${code}: ${all}`))))
  })
}
