import type { StoredValue } from '@sluice/store'
import type { OpenHome } from './home.ts'
import type { Home } from '../host.ts'

/** The result or the parameters behind a stored value. Throws `RESULT_MISSING`, `RESULT_CORRUPT`, `SECRET_UNREADABLE`. */
export async function readValue(home: Home, value: StoredValue | null): Promise<unknown> {
  return value === null ? undefined : (home as OpenHome).values.decode(value)
}
