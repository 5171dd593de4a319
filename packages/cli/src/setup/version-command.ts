import { readFileSync } from 'node:fs'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { nodeVersion } from '../platform.ts'

/** `sluice version`. */
export function versionCommand(flags: { readonly json: boolean }, io: CliIo): number {
  io.stdout.write(
    flags.json ? `${JSON.stringify({ version: sluiceVersion(), node: nodeVersion() })}\n` : `${versionText()}\n`,
  )
  return exitCodes.ok
}

/** `sluice 0.1.0 (Node 26.10.0)` */
export function versionText(): string {
  return `sluice ${sluiceVersion()} (Node ${nodeVersion()})`
}

/** The version of this package. Sources and built files both stand two levels below its package.json. */
function sluiceVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : 'unknown'
}
