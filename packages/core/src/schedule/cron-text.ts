import { CronPattern } from 'croner'
import { clip } from '../clip.ts'
import { nearest } from '../nearest.ts'
import { safely } from '../safely.ts'
import { scheduleInvalid } from './schedule-invalid.ts'

interface Field {
  readonly name: string
  readonly first: number
  readonly last: number
  readonly words: string
}

const fields: readonly Field[] = [
  { name: 'minute', first: 0, last: 59, words: '' },
  { name: 'hour', first: 0, last: 23, words: '' },
  { name: 'day of month', first: 1, last: 31, words: ', L for the last day' },
  { name: 'month', first: 1, last: 12, words: ', names JAN to DEC' },
  { name: 'day of week', first: 0, last: 7, words: ', names SUN to SAT' },
]
const fieldNames = 'minute, hour, day of month, month and day of week'
const nicknames = ['@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually']
const longestText = 500

/**
 * The text of a cron with single spaces, each of its fields checked.
 *
 * @throws SluiceError `SCHEDULE_INVALID` naming the field that is wrong and what it may hold.
 */
export function parseCronText(given: unknown): string {
  if (typeof given !== 'string') throw scheduleInvalid('cron', given, 'the cron must be text')
  if (given.length > longestText) throw scheduleInvalid('cron', given, `it is longer than ${longestText} characters`)
  const texts = given.trim().split(/\s+/)
  if (given.trim().startsWith('@')) return nickname(given, texts.join(' ').toLowerCase())
  if (texts.length !== fields.length) throw scheduleInvalid('cron', given, countProblem(given, texts.length))
  for (const [index, field] of fields.entries()) {
    const text = texts.slice(index, index + 1).join('')
    if (!isUnderstood(index, text)) throw scheduleInvalid('cron', given, fieldProblem(field, badPart(index, text)))
  }
  return texts.join(' ')
}

function nickname(given: string, text: string): string {
  if (nicknames.includes(text)) return text
  const near = nearest(text, nicknames)
  const hint = near === undefined ? `there are ${nicknames.join(', ')}` : `did you mean '${near}'?`
  throw scheduleInvalid('cron', given, `there is no such nickname; ${hint}`)
}

function countProblem(given: string, count: number): string {
  if (given.trim() === '') return 'it is empty'
  const extra = count > fields.length ? '; there is none for seconds or years' : ''
  return `it has ${count === 1 ? '1 field' : `${count} fields`}, but a cron has five: ${fieldNames}${extra}`
}

/** Whether croner reads the text as that field, every other being a star. */
function isUnderstood(index: number, text: string): boolean {
  const pattern = fields.map((_, at) => (at === index ? text : '*')).join(' ')
  return safely(() => new CronPattern(pattern, undefined, { mode: '5-part' })) !== undefined
}

/** The item of a list that is wrong, or the whole list when only their combination is. */
function badPart(index: number, text: string): string {
  return text.split(',').find((part) => !isUnderstood(index, part)) ?? text
}

function fieldProblem(field: Field, part: string): string {
  return `in the field '${field.name}', '${clip(part, 60)}' ${partProblem(field, part)}`
}

function partProblem({ first, last, words }: Field, part: string): string {
  const [whole, from, to, step] = /^(\d+)(?:-(\d+))?(?:\/(\d+))?$/.exec(part) ?? []
  const outside = [from, to].find((text) => text !== undefined && (Number(text) < first || Number(text) > last))
  if (outside !== undefined) return `is outside ${first} to ${last}`
  if (to !== undefined && Number(from) > Number(to)) return 'runs backwards: write two ranges'
  if (whole !== undefined && to === undefined) return `needs a range before its step: write ${from}-${last}/${step}`
  return `is not understood: it takes *, numbers from ${first} to ${last}, lists 1,2, ranges 1-5, steps */2${words}`
}
