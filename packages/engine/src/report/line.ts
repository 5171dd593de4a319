import type { Paint, Style } from './paint.ts'
import { clipText, textWidth } from './text-width.ts'

/** A piece of a line with one style. Text and style stay apart until the line is cut to its width. */
export interface Span {
  readonly text: string
  readonly style?: Style
}

export type Line = readonly Span[]

/** A span; control characters become spaces, so that no name or message can move the cursor. */
export function span(text: string, style?: Style): Span {
  const safe = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
  return style === undefined ? { text: safe } : { text: safe, style }
}

export function lineWidth(line: Line): number {
  return line.reduce((sum, piece) => sum + textWidth(piece.text), 0)
}

/** Cuts a line to so many columns. */
export function clipLine(line: Line, columns: number): Line {
  const kept: Span[] = []
  let left = columns
  for (const piece of line) {
    const width = textWidth(piece.text)
    if (width > left) {
      kept.push({ ...piece, text: clipText(piece.text, left) })
      break
    }
    kept.push(piece)
    left -= width
  }
  return kept
}

/** `left` and, at the right edge, `right`; where both do not fit, `left` gives way. */
export function justify(left: Line, right: Line, columns: number): Line {
  const room = columns - lineWidth(right) - 1
  if (right.length === 0 || room < 8) return clipLine(left, columns)
  const cut = clipLine(left, room)
  return [...cut, { text: ' '.repeat(columns - lineWidth(cut) - lineWidth(right)) }, ...right]
}

export function paintLine(line: Line, paint: Paint): string {
  return line.map((piece) => paint(piece.style, piece.text)).join('')
}
