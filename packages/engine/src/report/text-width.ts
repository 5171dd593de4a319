// Good enough for alignment: terminals themselves disagree about emoji sequences.
const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]$/u
const plain = /^[\u0020-\u007e]*$/

/** How many columns a text without control characters takes in a terminal. */
export function textWidth(text: string): number {
  if (plain.test(text)) return text.length
  let width = 0
  for (const char of text) width += charWidth(char)
  return width
}

/** At most `columns` wide; what is cut off is told by `…`. */
export function clipText(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text
  if (columns < 1) return ''
  let width = 0
  let kept = ''
  for (const char of text) {
    width += charWidth(char)
    if (width > columns - 1) break
    kept += char
  }
  return `${kept}…`
}

function charWidth(char: string): number {
  const code = char.codePointAt(0) ?? 0
  if (code < 0x300) return 1
  if (zeroWidth.test(char)) return 0
  return isWide(code) ? 2 : 1
}

/** East Asian wide and full-width blocks, and emoji. */
function isWide(code: number): boolean {
  if (code < 0x1100) return false
  return (
    code <= 0x115f ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1f64f) ||
    (code >= 0x1f680 && code <= 0x1f6ff) ||
    (code >= 0x1f900 && code <= 0x1f9ff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  )
}
