import { SluiceError } from '@sluice/core'
import type { Contract } from '@sluice/lake'
import { pairOf } from './pair-of.ts'

/** What `columns=freeze` and `fare.types=discard` say of a contract; undefined: nothing. The load knows which rules there are. */
export function contractOf(rules: readonly string[]): Contract | undefined {
  if (rules.length === 0) return undefined
  const all: Record<string, string> = {}
  const column: Record<string, Record<string, string>> = {}
  for (const text of rules) {
    const [path, value] = pairOf('contract', text)
    const [first = '', rule, more] = path.split('.')
    if (more !== undefined || first === '' || rule === '')
      throw new SluiceError('OPTION_INVALID', {
        option: '--contract',
        problem: `write rule=… or column.rule=…, not ${JSON.stringify(text)}`,
      })
    if (rule === undefined) all[first] = value
    else column[first] = { ...column[first], [rule]: value }
  }
  return { ...all, ...(Object.keys(column).length > 0 && { column }) }
}
