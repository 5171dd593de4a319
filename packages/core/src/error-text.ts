/** Facts about one occurrence of an error. Every fact may be missing: the text must read well without it. */
export type ErrorDetails = Readonly<Record<string, unknown>>

const longest = 300

/** A detail as people read it; `otherwise` when it is missing. Never throws, never runs longer than a line. */
export function shown(detail: unknown, otherwise: string): string {
  const text = detail === undefined || detail === null ? '' : plainText(detail)
  if (text === '') return otherwise
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

/** `Task 'extract'` when the name is known, else `A task`. */
export function subject(noun: string, name: unknown): string {
  return capital(object(noun, name))
}

/** The same inside a sentence: `task 'extract'`, else `a task`. */
export function object(noun: string, name: unknown): string {
  const text = shown(name, '')
  return text === '' ? withArticle(noun) : `${noun} '${text}'`
}

/** `: the reason`, from whichever detail tells one, else nothing. */
export function because(details: ErrorDetails): string {
  const reason = shown(details['problem'] ?? details['reason'], '')
  return reason === '' ? '' : `: ${reason}`
}

/** ` <before> <detail>` when the detail is known, else nothing: for the optional parts of a sentence. */
export function part(before: string, detail: unknown): string {
  const text = shown(detail, '')
  return text === '' ? '' : ` ${before} ${text}`
}

/** Ends a sentence with one full stop. */
export function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}

/** The issues of a Standard Schema validation, as `months[0]: expected an integer; …`. */
export function issueList(issues: unknown): string {
  if (!Array.isArray(issues) || issues.length === 0) return ''
  const told = issues.slice(0, 5).map(issueText)
  const more = issues.length > told.length ? `; and ${issues.length - told.length} more` : ''
  return `: ${told.join('; ')}${more}`
}

const kinds = new Map([
  ['symbol', 'it is or has a symbol'],
  ['too deep', 'it is nested too deeply'],
  ['unreadable', 'reading it throws'],
  ['identity', 'its [hashIdentity] does not return text'],
])

const nothing = new Set(['null', 'undefined'])

/** What is wrong with a value, from its kind: a class name, or one of the few words for other reasons. */
export function kindText(kind: unknown): string {
  const text = shown(kind, '')
  if (text === '') return ''
  if (/^[A-Z]/.test(text)) return `it is an instance of ${text}`
  // A phrase stands for itself; a word is a `typeof`.
  return kinds.get(text) ?? `it is ${/\s/.test(text) || nothing.has(text) ? text : withArticle(text)}`
}

function issueText(issue: unknown): string {
  if (typeof issue !== 'object' || issue === null) return shown(issue, 'invalid')
  const { path, message } = issue as { path?: unknown; message?: unknown }
  const where = pathText(path)
  return where === '' ? shown(message, 'invalid') : `${where}: ${shown(message, 'invalid')}`
}

/** Schema libraries give a path as keys, as `{ key }` segments, or as finished text. */
function pathText(path: unknown): string {
  if (!Array.isArray(path)) return shown(path, '')
  return path.reduce<string>((before, segment: unknown) => {
    const key = isSegment(segment) ? segment.key : segment
    if (typeof key === 'number') return `${before}[${key}]`
    return before === '' ? String(key) : `${before}.${String(key)}`
  }, '')
}

function isSegment(segment: unknown): segment is { key: unknown } {
  return typeof segment === 'object' && segment !== null && 'key' in segment
}

function plainText(detail: unknown): string {
  if (Array.isArray(detail)) return detail.slice(0, 20).map(itemText).join(', ')
  if (detail instanceof Error) return detail.message
  try {
    if (typeof detail !== 'object') return primitiveText(detail)
    return JSON.stringify(detail) ?? 'a value'
  } catch {
    return 'a value that cannot be shown'
  }
}

function primitiveText(value: unknown): string {
  return String(value)
}

function itemText(item: unknown): string {
  return Array.isArray(item) ? '[…]' : shown(item, '–')
}

function withArticle(noun: string): string {
  return /^[aeio]/i.test(noun) ? `an ${noun}` : `a ${noun}`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
