import { readFileSync } from 'node:fs'

/** Of this package, as `/api/version` tells it. Sources and built files both stand one level below its package.json. */
export const version: string = versionOf(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))

function versionOf(manifest: string): string {
  const { version: found } = JSON.parse(manifest) as { readonly version: string }
  return found
}
