import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const exec = promisify(execFile)
const root = path.dirname(import.meta.dirname)

interface Example {
  readonly kind: 'run' | 'test'
  readonly name: string
  readonly code: string
}

/** The examples of a page: `ts` blocks whose first line names a file. */
async function examplesOf(page: string): Promise<Example[]> {
  const text = await readFile(path.join(root, page), 'utf8')
  return [...text.matchAll(/```ts\n\/\/ (run|test): (\S+)\n([\s\S]*?)```/g)].map(([, kind, name, code]) => ({
    kind: kind as Example['kind'],
    name: name ?? '',
    code: code ?? '',
  }))
}

const guide = await examplesOf('docs/guide.md')
const lake = await examplesOf('docs/lake.md')
const testing = await examplesOf('docs/testing.md')
const readme = [
  ...(await readFile(path.join(root, 'README.md'), 'utf8')).matchAll(/```ts\n(\/\/ (?:etl|fix)\.ts\n[\s\S]*?)```/g),
].map(([, code]) => code ?? '')

/** Files that a page lets its reader make. */
const made = [
  ...(await readFile(path.join(root, 'docs/lake.md'), 'utf8')).matchAll(/cat > (\S+) <<END\n([\s\S]*?)END\n/g),
].map(([, name, text]) => ({ name: name ?? '', text: text ?? '' }))

/** Programs that need a server, and files that are no programs: they are compiled and not run. */
const compiled = [...(await readFile(path.join(root, 'docs/cli.md'), 'utf8')).matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, code]) => code ?? '',
)

describe('the examples of the documentation', () => {
  let dir = ''
  beforeAll(async () => {
    // Inside the checkout: that is where packages resolve.
    dir = await mkdtemp(path.join(root, 'docs', '.examples-'))
    await Promise.all([...guide, ...lake, ...testing].map(({ name, code }) => writeFile(path.join(dir, name), code)))
    await Promise.all(made.map(({ name, text }) => writeFile(path.join(dir, name), text)))
    await Promise.all(readme.map((code, i) => writeFile(path.join(dir, `readme-${i}.ts`), code)))
    await Promise.all(compiled.map((code, i) => writeFile(path.join(dir, `command-${i}.ts`), code)))
    const settings = { extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] }
    await writeFile(path.join(dir, 'tsconfig.json'), JSON.stringify(settings))
    const conditions = {
      resolve: { conditions: ['source'] },
      ssr: { resolve: { conditions: ['source'] } },
      test: { testTimeout: 30_000 },
    }
    await writeFile(path.join(dir, 'vitest.config.mjs'), `export default ${JSON.stringify(conditions)}`)
  })
  afterAll(() => rm(dir, { recursive: true, force: true }))

  test('are there', () => {
    expect(guide.length).toBeGreaterThan(7)
    expect([lake.length, made.length, testing.length, readme.length, compiled.length]).toEqual([17, 1, 1, 2, 2])
  })

  test('compile', { timeout: 120_000 }, async () => {
    const checked = await exec(path.join(root, 'node_modules/.bin/tsc'), ['-p', dir]).catch(
      (error: { stdout: string }) => error,
    )
    const errors = checked.stdout.split('\n').filter((line) => line.includes('.examples-'))
    expect(errors).toEqual([])
  })

  test.each([...guide, ...lake])('$name runs', { timeout: 60_000 }, async ({ name }) => {
    const env = { ...process.env, SLUICE_HOME: path.join(dir, '.sluice'), SLUICE_LOG: 'silent' }
    const { stdout } = await exec(process.execPath, ['--conditions=source', path.join(dir, name)], { env, cwd: dir })
    expect(stdout).not.toBe('')
  })

  test('the tests of docs/testing.md pass', { timeout: 120_000 }, async () => {
    const { stdout } = await exec(path.join(root, 'node_modules/.bin/vitest'), ['run', '--root', dir], {
      env: { ...process.env, NO_COLOR: '1' },
    })
    expect(stdout).toMatch(/4 passed/)
  })
})
