import { readFileSync } from 'node:fs'

/** What the server shows of this worker. Sources and built files both stand one level below the package.json. */
export const workerVersion: string = versionOf(
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')),
)

function versionOf(manifest: unknown): string {
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : ''
}
