import { isUtf8 } from 'node:buffer'
import type { JsonFile } from '../source/source-file.ts'
import { openStagedWriter } from '../source/staged-writer.ts'
import { openWindow } from './byte-window.ts'
import { longestRaw, type RejectionReason } from './rejection.ts'
import type { Rejections } from './rejections.ts'
import type { SplitFile } from './split-csv.ts'

/** Members that good lines get in front: their number, offset and length. */
export const placeKeys = { record: 'sluice:record', offset: 'sluice:offset', length: 'sluice:length' } as const

const newline = 10
/** DuckDB takes twice as much. */
const longestLine = 16_000_000

/** Writes a file's good lines anew, each with its place, and rejects those that are no JSON object. */
export async function splitJson(
  file: JsonFile,
  target: string,
  rejections: Rejections,
  signal: AbortSignal,
): Promise<SplitFile> {
  await using window = await openWindow(file.path)
  await using writer = await openStagedWriter(target)
  let [records, good, at] = [0, 0, 0]
  for (;;) {
    const found = window.bytes.indexOf(newline, at)
    const whole = found >= 0 && found < window.end
    if (!whole && !window.last && window.end - at < longestLine) {
      signal.throwIfAborted()
      await window.advance(at)
      at = 0
      continue
    }
    const end = whole ? found : window.end
    const bytes = window.bytes.subarray(at, end)
    const text = bytes.toString('utf8').trim()
    if (text !== '') {
      records += 1
      const offset = window.base + at
      const problem = problemOf(bytes, text, file)
      if (problem === undefined) {
        good += 1
        const place = `{"${placeKeys.record}":${records},"${placeKeys.offset}":${offset},"${placeKeys.length}":${end - at}`
        const rest = text.slice(1).trimStart()
        const full = writer.write(`${place}${rest.startsWith('}') ? '' : ','}${rest}\n`)
        if (full) await full
      } else {
        const raw = text.slice(0, longestRaw)
        await rejections.add(file, { ...problem, record: records, offset, column: undefined, raw })
      }
    }
    if (!whole && window.last) break
    at = whole ? end + 1 : end
  }
  await writer.end()
  return { records, good }
}

function problemOf(
  bytes: Buffer,
  text: string,
  file: JsonFile,
): { readonly reason: RejectionReason; readonly problem: string } | undefined {
  if (file.kinds !== undefined || file.types !== undefined) return undefined
  if (!isUtf8(bytes)) return { reason: 'ENCODING_INVALID', problem: 'it is not valid UTF-8' }
  if (bytes.length >= longestLine)
    return { reason: 'RECORD_TOO_LONG', problem: `it is longer than ${longestLine} bytes` }
  if (!text.startsWith('{')) return { reason: 'JSON_INVALID', problem: 'it is no object' }
  const parsed = parse(text)
  if ('error' in parsed) return { reason: 'JSON_INVALID', problem: parsed.error }
  const odd = oddJson(text, parsed.value)
  return odd === undefined ? undefined : { reason: 'JSON_INVALID', problem: odd }
}

function parse(text: string): { readonly value: unknown } | { readonly error: string } {
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    try {
      // Other writers write NaN and Infinity as they are, and DuckDB reads them.
      return { value: JSON.parse(text.replaceAll(/(?<=[:[,]\s*)(?:-?Infinity|NaN)\b/g, '0')) }
    } catch {
      return { error: (error as Error).message }
    }
  }
}

/** What JavaScript reads and DuckDB does not: a key that an object has twice, half of a character. */
function oddJson(text: string, value: unknown): string | undefined {
  if (/\\u[dD][89a-fA-F]/.test(text) && !isWellFormed(value)) return 'it has half of a character'
  let keys = 0
  for (const [, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"(?<colon>\s*:)?/gs)) if (colon !== undefined) keys += 1
  return keys === keysIn(value) ? undefined : 'an object in it has a key twice'
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (typeof value !== 'object' || value === null) return true
  return Object.entries(value).every(([key, member]) => key.isWellFormed() && isWellFormed(member))
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const members: readonly unknown[] = Object.values(value)
  return members.reduce<number>((sum, member) => sum + keysIn(member), Array.isArray(value) ? 0 : members.length)
}
