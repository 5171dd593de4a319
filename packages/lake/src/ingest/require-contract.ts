import { SluiceError } from '@sluice/core'
import type { Contract } from '../table/types.ts'

const known: Readonly<Record<string, readonly string[]>> = {
  columns: ['evolve', 'freeze', 'discard'],
  types: ['evolve', 'freeze', 'discard', 'quarantine'],
  onTypeChange: ['quarantine'],
}

/** Throws `OPTION_UNKNOWN`, `OPTION_INVALID`: a contract that is misspelt must not let anything in. */
export function requireContract(contract: Contract | undefined): void {
  for (const [name, value] of Object.entries(contract ?? {})) {
    const values = known[name]
    if (values === undefined)
      throw new SluiceError('OPTION_UNKNOWN', { option: name, of: 'contract', known: Object.keys(known) })
    if (value === undefined || values.includes(value as string)) continue
    const problem =
      value === 'rewrite'
        ? 'a table is not rewritten for another type of a column: load into a new table, or leave such rows in quarantine'
        : `it is one of ${values.join(', ')}`
    throw new SluiceError('OPTION_INVALID', { option: `contract.${name}`, problem })
  }
}
