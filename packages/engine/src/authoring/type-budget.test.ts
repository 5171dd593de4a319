import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../../../..')
const blocks = 20
/** Calls of tasks, flows, maps and options in one block below. */
const sitesPerBlock = 10
/**
 * Type instantiations that 200 call sites may cost the compiler, over a file with none. Measured: 16 700. A number that does not depend on
 * the machine; raise it only knowingly, because every user's editor pays for it.
 */
const budget = 18_000

const header =
  "import { flow, task } from '@sluice/engine'\nimport * as z from 'zod'\nexport const none = [flow, task, z.object({ n: z.int() })]\n"

const block = (i: number): string => `
const extract${i} = task({ name: 'extract${i}', retries: 3, cache: { key: (url) => url } }, async (url: string) => [{ url, n${i}: 1 }])
const clean${i} = task(async (rows: readonly { url: string; n${i}: number }[], limit: number) => rows.slice(limit))
const count${i} = task((rows: readonly { url: string }[]) => rows.length)
const parameters${i} = z.object({ months: z.array(z.int()), color${i}: z.enum(['yellow', 'green']).default('yellow') })
export const flow${i} = flow({ name: 'f${i}', parameters: parameters${i} }, async ({ months, color${i} }) => {
  const files = extract${i}.map(months.map((month) => \`\${month}-\${color${i}}\`))
  const rows = clean${i}(extract${i}('u'), 1)
  const counts = await Promise.all([count${i}(rows), count${i}(clean${i}(await extract${i}('v'), 2))])
  return [await files, counts, await count${i}.with({ retries: 2 })(rows)] as const
})
export const parent${i} = flow(async () => flow${i}({ months: [1] }))
`

/** Single-threaded: only then is the count the same each time. */
async function instantiations(dir: string, text: string): Promise<number> {
  await writeFile(path.join(dir, 'fixture.ts'), text)
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = await promisify(execFile)(process.execPath, [
    tsc,
    '-p',
    dir,
    '--extendedDiagnostics',
    '--singleThreaded',
  ])
  return Number(/Instantiations:\s+(\d+)/.exec(stdout)?.[1])
}

test(`${blocks * sitesPerBlock} call sites stay within the budget of type instantiations`, async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'sluice-types-'))
  try {
    await writeFile(path.join(dir, 'package.json'), '{ "type": "module" }')
    const paths = {
      '@sluice/engine': [path.join(root, 'packages/engine/src/index.ts')],
      zod: [path.join(root, 'node_modules/zod/index.d.ts')],
    }
    const compilerOptions = { rootDir: '/', types: [], paths }
    await writeFile(
      path.join(dir, 'tsconfig.json'),
      JSON.stringify({
        extends: path.join(root, 'tsconfig.json'),
        compilerOptions,
        include: [],
        files: ['fixture.ts'],
      }),
    )
    const none = await instantiations(dir, header)
    const all = await instantiations(dir, header + Array.from({ length: blocks }, (_, i) => block(i)).join(''))
    expect(all - none).toBeGreaterThan(5_000)
    expect(all - none).toBeLessThan(budget)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
