import type { Micros } from '@sluice/core'
import type { ReportClock, ReportStream } from './report-stream.ts'

/** A stream that remembers what was written. */
export function fakeStream(
  size: { columns?: number; rows?: number; isTTY?: boolean } = {},
): ReportStream & { written: string[]; text(): string; columns: number; rows: number } {
  const written: string[] = []
  return {
    columns: size.columns ?? 80,
    rows: size.rows ?? 24,
    isTTY: size.isTTY ?? true,
    written,
    write: (text) => written.push(text),
    text: () => written.join(''),
  }
}

/** A clock that stands until it is moved; its timers fire as it passes them. */
export function fakeClock(
  start: Micros = 1_000_000_000_000,
): ReportClock & { advance(ms: number): void; readonly timers: number } {
  let now = start
  const timers = new Set<{ next: Micros; every: Micros; fn: () => void }>()
  return {
    now: () => now,
    every(ms, fn) {
      const timer = { next: now + ms * 1000, every: ms * 1000, fn }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    advance(ms) {
      const end = now + ms * 1000
      for (;;) {
        const due = [...timers].filter((timer) => timer.next <= end).toSorted((a, b) => a.next - b.next)[0]
        if (due === undefined) break
        now = due.next
        due.next += due.every
        due.fn()
      }
      now = end
    },
    get timers() {
      return timers.size
    },
  }
}

/** What a terminal shows after these writes: enough of ECMA-48 for the live region. Never scrolls anything away. */
export function screenOf(written: readonly string[]): string[] {
  const screen: string[] = ['']
  let row = 0
  let column = 0
  for (const [, sequence, char] of written.join('').matchAll(/\u001b\[([?\d;]*[A-Za-z])|([\s\S])/gu)) {
    if (sequence === undefined) put(char ?? '')
    else control(sequence)
  }
  return screen.map((line) => line.trimEnd())

  function put(char: string): void {
    if (char === '\r') column = 0
    else if (char === '\n') {
      row++
      column = 0
      screen[row] ??= ''
    } else {
      const line = Array.from((screen[row] ?? '').padEnd(column))
      line[column++] = char
      screen[row] = line.join('')
    }
  }
  function control(sequence: string): void {
    if (sequence.endsWith('A')) row = Math.max(0, row - Number(sequence.slice(0, -1)))
    else if (sequence === 'K')
      screen[row] = Array.from(screen[row] ?? '')
        .slice(0, column)
        .join('')
    else if (sequence === 'J') {
      screen[row] = Array.from(screen[row] ?? '')
        .slice(0, column)
        .join('')
      screen.length = row + 1
    }
  }
}
