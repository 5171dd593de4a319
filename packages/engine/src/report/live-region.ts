import { lineWidth, paintLine, type Line } from './line.ts'
import type { Paint } from './paint.ts'
import type { ReportStream } from './report-stream.ts'

/**
 * The lines at the bottom of a terminal that are drawn again and again, with ordinary output scrolling away above them.
 * The cursor is never hidden and always rests below the region, so a process that dies in any way, even by SIGKILL,
 * leaves a sane terminal behind. Every change is one write, marked as synchronized for terminals that know it: no flicker.
 */
export class LiveRegion {
  readonly #stream: ReportStream
  readonly #paint: Paint
  #widths: readonly number[] = []
  #drawn = ''

  constructor(stream: ReportStream, paint: Paint) {
    this.#stream = stream
    this.#paint = paint
  }

  /** Writes `above` for good and `lines` below it in place of the last frame. Writes nothing when nothing changed. */
  draw(above: string, lines: readonly Line[]): void {
    const text = lines.map((line) => `${paintLine(line, this.#paint)}\u001b[K\n`).join('')
    if (above === '' && text === this.#drawn) return
    // Lines above are erased to their end too: what stood there was longer, perhaps.
    const over = above.replace(/\r?\n/g, '\u001b[K\n')
    this.#stream.write(`\u001b[?2026h${this.#home()}${over}${text}\u001b[J\u001b[?2026l`)
    this.#widths = lines.map(lineWidth)
    this.#drawn = text
  }

  /** Leaves what is on the screen as it is; the next frame begins below it. */
  release(): void {
    this.#widths = []
    this.#drawn = ''
  }

  /** To the region's first line. A terminal made narrower has wrapped what was drawn: each line then stands on several rows. */
  #home(): string {
    const columns = this.#stream.columns ?? 80
    const rows = this.#widths.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0)
    return rows === 0 ? '\r' : `\r\u001b[${rows}A`
  }
}
