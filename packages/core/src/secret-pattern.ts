/**
 * A pattern for a text however it was quoted on its way: as it is, percent-encoded (any encoder's choice of characters)
 * or escaped for JSON, also JSON within JSON. Backslashes are bounded, so that no input makes the search slow.
 */
export function patternOf(value: string): string {
  const parts = Array.from(value.matchAll(/\\+|[^\\]/gu), ([part]) => part)
  return parts.map((part, index) => partPattern(part, parts[index - 1]?.startsWith('\\') === true)).join('')
}

function partPattern(part: string, afterBackslash: boolean): string {
  if (part.startsWith('\\')) return backslashes(part.length)
  if (/^[\w~-]$/.test(part)) return part
  // A run of backslashes before has already taken the ones that escape this character.
  const escape = (least: number): string => (afterBackslash ? '' : `\\\\{${least},7}`)
  // The longer form first: a `%` may be the beginning of `%25`.
  const forms = [percentForm(part)]
  // JSON that is to stand in a script, or in ASCII, escapes these by number.
  if (/^[<>&\p{Cc}\P{ASCII}]$/u.test(part)) forms.push(escape(1) + unicodeForm(part))
  const short = shortEscapes.get(part)
  if (short !== undefined) forms.push(escape(1) + short)
  if (part === ' ') forms.push('\\+')
  forms.push(/^["'/]$/.test(part) ? escape(0) + part : RegExp.escape(part))
  return `(?:${forms.join('|')})`
}

const shortEscapes = new Map([
  ['\b', 'b'],
  ['\f', 'f'],
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
])

/** A run of `count` backslashes: each level of JSON doubles it. */
function backslashes(count: number): string {
  return `(?:\\\\{${count},${8 * count}}|(?:%5[cC]){${count}})`
}

function percentForm(part: string): string {
  return Array.from(Buffer.from(part), (byte) => `%${anyCase(byte.toString(16).padStart(2, '0'))}`).join('')
}

function unicodeForm(part: string): string {
  return Array.from({ length: part.length }, (_, index) => `u${anyCase(hex4(part.charCodeAt(index)))}`).join(
    '\\\\{1,7}',
  )
}

function hex4(unit: number): string {
  return unit.toString(16).padStart(4, '0')
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
}
