import { existsSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { cleanUpAfterEach, makeProject, writeSource } from '../worker-harness.fixture.ts'
import { CodePlaces } from './code-places.ts'
import { contentHash } from './content-hash.ts'
import { keepCode, keptCode } from './kept-code.ts'
import { scanImports } from './scan-imports.ts'

cleanUpAfterEach()

const files = {
  'flows/a.ts': "import { b } from '../lib/b.ts'\nimport pg from 'pg'\nexport const a = b\n",
  'lib/b.ts': "export * from './c.ts'\nexport const b = 1\n",
  'lib/c.ts': "export const sql = new URL('./q.sql', import.meta.url)\n",
  'lib/q.sql': 'select 1\n',
  'lib/unused.ts': 'export const no = 1\n',
  'package.json': '{ "type": "module" }',
}
let ids = 0
const newId = (): string => String(++ids)

async function hashOf(project: string): Promise<string | undefined> {
  return (await contentHash(project, 'flows/a.ts'))?.hash
}

test('the version of code is the same wherever it lies and whenever it was written', async () => {
  const [one, two] = [makeProject(files), makeProject(files)]
  utimesSync(path.join(two, 'lib/b.ts'), 1, 1)
  expect(await hashOf(one)).toMatch(/^[0-9a-f]{64}$/)
  expect(await hashOf(two)).toBe(await hashOf(one))
})

test('any file that the entrypoint imports makes another version, one that it does not import makes none', async () => {
  const project = makeProject(files)
  const before = await hashOf(project)
  writeSource(project, 'lib/unused.ts', 'export const no = 2\n')
  expect(await hashOf(project)).toBe(before)
  for (const file of ['flows/a.ts', 'lib/b.ts', 'lib/c.ts', 'lib/q.sql']) {
    const text = readFileSync(path.join(project, file), 'utf8')
    writeSource(project, file, `${text}\n`)
    expect(await hashOf(project), file).not.toBe(before)
    writeSource(project, file, text)
    expect(await hashOf(project), file).toBe(before)
  }
})

test.each([
  ["import x, { type Y } from './x.ts'", './x.ts'],
  ["import {\n  a,\n  b,\n} from '../x.ts'", '../x.ts'],
  ["import './side.ts'", './side.ts'],
  ["export { a } from './x.ts'", './x.ts'],
  ["const x = await import('./lazy.ts')", './lazy.ts'],
  ["const x = require('./old.cjs')", './old.cjs'],
  ["import data from './d.json' with { type: 'json' }", './d.json'],
])('%s is an import', (code, specifier) => {
  expect(scanImports(code)).toEqual([specifier])
})

test('what stands in a comment, and packages, are no local imports', () => {
  expect(scanImports("// import './a.ts'\n/* import './b.ts' */\nimport x from 'pg'\nimport 'node:fs'\n")).toEqual([])
})

test('a version that the directory has no more is taken from its copy, which finds packages where the project does', async () => {
  const project = makeProject(files)
  writeSource(project, 'node_modules/pg/index.js', 'export default 1\n')
  const home = path.join(project, '.sluice')
  const content = await contentHash(project, 'flows/a.ts')
  if (!content) throw new Error('no content')
  await keepCode(home, project, content, newId)
  await keepCode(home, project, content, newId)
  writeSource(project, 'lib/b.ts', 'export const b = 2\n')
  const places = new CodePlaces(home, newId)
  const wanted = { directory: project, file: 'flows/a.ts', pinned: content.hash, flow: 'a' }
  const place = await places.find(wanted)
  expect(place).toEqual({ project: await keptCode(home, content.hash), cwd: project, hash: content.hash })
  expect(readFileSync(path.join(place.project, 'lib/b.ts'), 'utf8')).toBe(files['lib/b.ts'])
  expect(existsSync(path.join(place.project, 'node_modules/pg/index.js'))).toBe(true)
  expect(existsSync(path.join(place.project, 'lib/unused.ts'))).toBe(false)
  writeSource(project, 'lib/b.ts', files['lib/b.ts'])
  expect((await places.find(wanted)).project).toBe(project)
  rmSync(project, { recursive: true })
  await expect(places.find(wanted)).rejects.toThrow(expect.objectContaining({ code: 'FILE_NOT_FOUND' }))
})

test('a version without a copy is refused, and says which', async () => {
  const project = makeProject(files)
  const places = new CodePlaces(path.join(project, '.sluice'), newId)
  const wanted = { directory: project, file: 'flows/a.ts', pinned: 'f'.repeat(64), flow: 'a' }
  await expect(places.find(wanted)).rejects.toThrow(expect.objectContaining({ code: 'VERSION_NOT_HERE' }))
  expect((await places.find({ ...wanted, pinned: null })).project).toBe(project)
})

test('files outside the project that it imports are part of the version and of its copy', async () => {
  const root = makeProject({
    'app/flows/a.ts': "export { s } from '../../shared/s.ts'\n",
    'shared/s.ts': 'export const s = 1\n',
  })
  const project = path.join(root, 'app')
  const content = await contentHash(project, 'flows/a.ts')
  if (!content) throw new Error('no content')
  expect(content.files).toHaveLength(2)
  await keepCode(path.join(root, 'home'), project, content, newId)
  const kept = await keptCode(path.join(root, 'home'), content.hash)
  expect(((await import(path.join(kept ?? '', 'flows/a.ts'))) as { s: number }).s).toBe(1)
})
