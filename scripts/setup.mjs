// Installs and builds what this checkout needs, and nothing when all is fresh. Plain JavaScript for old Node versions:
// it runs before the project's own Node is there.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import path from 'node:path'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const stamp = path.join(root, 'node_modules', '.sluice-installed')
const bin = (name) => path.join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name)
const wanted = createHash('sha256')
  .update(readFileSync(path.join(root, 'package-lock.json')))
  .digest('hex')

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.log('Installing dependencies (once) …')
  run('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'])
  writeFileSync(stamp, wanted)
}
const version = spawnSync(bin('node'), ['--version'], {
  encoding: 'utf8',
  shell: process.platform === 'win32',
}).stdout?.trim()
if (!version?.startsWith('v26.')) {
  console.error(
    `The project's own Node 26 is missing (found ${version || 'none'}): npm left out the optional dependencies. ` +
      'Run "npm ci --include=optional", or install Node 26 yourself for this platform.',
  )
  process.exit(1)
}
run(
  bin('tsc'),
  ['-b', 'tsconfig.build.json'],
  'The sources of this clone do not build, which is no fault of your machine: go to a commit whose checks have passed ' +
    '("git pull", or "git checkout" of an earlier one), undo changes of your own, and do the same again.',
)

function run(command, args, hint) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
  if (result.status === 0) return
  if (hint !== undefined) console.error(hint)
  process.exit(result.status ?? 1)
}
