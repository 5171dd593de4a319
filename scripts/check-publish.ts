// Every package that would be published is checked by publint, as it is packed.
import { formatMessage } from 'publint/utils'
import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { publint } from 'publint'

let failed = false
for (const manifest of globSync('{packages,integrations}/*/package.json')) {
  const pkg = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, unknown>
  const { messages } = await publint({ pkgDir: path.dirname(manifest), strict: true })
  for (const message of messages) {
    console.error(`${manifest}: ${formatMessage(message, pkg)}`)
    failed = true
  }
}
if (failed) process.exit(1)
