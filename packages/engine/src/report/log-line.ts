import { inspect, stripVTControlCharacters } from 'node:util'
import type { RunEvent } from '../types.ts'
import { span, type Line } from './line.ts'
import type { Style } from './paint.ts'

type LogEvent = Extract<RunEvent, { kind: 'log' }>

const levels: readonly (readonly [least: number, word: string, style: Style | undefined])[] = [
  [60, 'fatal', 'red'],
  [50, 'error', 'red'],
  [40, 'warn', 'yellow'],
  [30, '', undefined],
  [20, 'debug', 'dim'],
]

/** A log entry as lines: `load warn  12 rows dropped  table: 'trips'`. Its own line breaks stay, indented. */
export function logLines(event: LogEvent, source: string): Line[] {
  const [, word, style] = levels.find(([least]) => event.level >= least) ?? [10, 'trace', 'dim' as const]
  // An escape sequence in a message would let logged data drive the terminal.
  const [first = '', ...rest] = stripVTControlCharacters(event.message).split(/\r\n|\r|\n/)
  const head = [
    span(`${source} `, 'cyan'),
    span(word === '' ? '' : `${word} `, style),
    span(first, style),
    span(fieldsText(event.fields), 'dim'),
  ]
  return [head, ...rest.map((text) => [span(`  ${text}`, style)])]
}

function fieldsText(fields: LogEvent['fields']): string {
  if (fields === null) return ''
  const parts = Object.entries(fields).map(
    ([name, value]) => `${name}=${inspect(value, { breakLength: Infinity, depth: 3, maxStringLength: 200 })}`,
  )
  return parts.length === 0 ? '' : `  ${parts.join(' ')}`
}
