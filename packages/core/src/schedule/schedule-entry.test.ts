import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

/** The files that importing `specifier` loads, as a plain script would. */
function loadedBy(specifier: string): string {
  const script = `
    import { registerHooks } from 'node:module'
    registerHooks({ load: (url, context, next) => (console.log(url), next(url, context)) })
    await import('${specifier}')`
  return execFileSync(process.execPath, ['--conditions=source', '--input-type=module', '--eval', script], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
}

test('a plain script does not load what only a schedule needs', () => {
  const loaded = loadedBy('sluice')
  expect(loaded).toContain('core/src/index.ts')
  expect(loaded).not.toContain('croner')
  expect(loadedBy('@sluice/core/schedule')).toContain('croner')
})
