import { fileURLToPath } from 'node:url'

/** URLs of the lake are not percent-encoded: that is how Iceberg's readers take them. */
export function fileUrlOf(directory: string): string {
  return `file://${directory.startsWith('/') ? '' : '/'}${directory.replaceAll('\\', '/').replace(/\/$/, '')}`
}

export function pathOfFileUrl(url: string): string {
  return fileURLToPath(`file://${encodeURI(url.slice('file://'.length)).replaceAll('#', '%23').replaceAll('?', '%3F')}`)
}
