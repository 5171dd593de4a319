// Two rules that no linter knows. The room rule: imports only point down, by package name, through a room's entry. The
// platform rule: only `platform.ts` of a room touches the globals of time, randomness and ids.
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'

/** What each room may import, beside itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'packages/core': [],
  'packages/api': ['@sluice/core'],
  'packages/store': ['@sluice/core', '@sluice/api'],
  'packages/engine': ['@sluice/core', '@sluice/api', '@sluice/store'],
  'packages/lake': ['@sluice/core', '@sluice/api', '@sluice/store', '@sluice/engine'],
  'packages/server': ['@sluice/core', '@sluice/api', '@sluice/store', '@sluice/engine', '@sluice/lake'],
  'packages/worker': ['@sluice/core', '@sluice/api', '@sluice/store', '@sluice/engine', '@sluice/lake'],
  'packages/cli': [
    '@sluice/core',
    '@sluice/api',
    '@sluice/store',
    '@sluice/engine',
    '@sluice/lake',
    '@sluice/server',
    '@sluice/worker',
  ],
  'packages/sluice': [
    '@sluice/core',
    '@sluice/api',
    '@sluice/engine',
    '@sluice/lake',
    '@sluice/server',
    '@sluice/worker',
    '@sluice/cli',
  ],
  'packages/testing': ['@sluice/core', '@sluice/store', '@sluice/engine'],
  'integrations/postgres': ['@sluice/core'],
  'integrations/aws': ['@sluice/core'],
  'integrations/gcp': ['@sluice/core'],
}
/** Tests stand above all rooms below `sluice`. */
const testTools = [
  '@sluice/testing',
  '@sluice/core',
  '@sluice/api',
  '@sluice/store',
  '@sluice/engine',
  '@sluice/lake',
  '@sluice/postgres',
  '@sluice/aws',
  '@sluice/gcp',
  'sluice',
]

const importPattern = /\b(?:from|import)\s*\(?\s*'([^']+)'/g
const globals: readonly (readonly [RegExp, string])[] = [
  [/\bDate\.now\(/, 'Date.now()'],
  [/\bnew Date\(\s*\)/, 'new Date()'],
  [/\bperformance\./, 'performance'],
  [/\bMath\.random\b/, 'Math.random'],
  [/\brandomUUID(?:v7)?\(/, 'randomUUID()'],
  [/\b(?:setTimeout|setInterval|setImmediate)\(/, 'timers'],
]

const problems: string[] = []
for (const room of Object.keys(allowed)) {
  for (const file of globSync(`${room}/src/**/*.ts`)) checkFile(room, file)
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)

function checkFile(room: string, file: string): void {
  const text = readFileSync(file, 'utf8')
  const isTest = /\.(?:test|testsuite|test-d|testsupport|fixture)\.ts$/.test(file)
  for (const [, target] of withoutComments(text).matchAll(importPattern))
    if (target) checkImport(room, file, isTest, target)
  if (isTest || path.basename(file) === 'platform.ts' || room === 'packages/testing') return
  const code = withoutComments(text)
  for (const [pattern, name] of globals)
    if (pattern.test(code)) problems.push(`${file}: uses ${name}; take it from the room's platform.ts`)
}

function checkImport(room: string, file: string, isTest: boolean, target: string): void {
  if (target.startsWith('.')) {
    const resolved = path.join(path.dirname(file), target)
    if (!resolved.startsWith(`${room}/`))
      problems.push(`${file}: imports ${target} across a room's wall; import the package`)
    return
  }
  if (target !== 'sluice' && !target.startsWith('@sluice/')) return
  const [scope, name] = target.split('/')
  const packageName = scope === 'sluice' ? 'sluice' : `${scope}/${name}`
  const legal = [...(allowed[room] ?? []), ...(isTest ? testTools : [])]
  if (!legal.includes(packageName)) problems.push(`${file}: imports ${packageName}, which is not below this room`)
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(?<![:'"\w])\/\/[^\n]*/g, '')
}
