import { SluiceError } from '@sluice/core'
import type { CheckFinding } from '../catalog/findings.ts'
import type { OpenLake } from './lake.ts'

/** Whether a load with this finding is not to be published. What could not be checked may be wrong. */
export function isBlocking({ severity, outcome }: CheckFinding): boolean {
  return severity === 'block' && outcome !== 'passed'
}

/** What a blocked load throws, however often it is asked for: with its one incident. */
export async function blockedError(
  lake: OpenLake,
  table: string,
  loadId: string,
  failed?: readonly CheckFinding[],
): Promise<SluiceError> {
  const { items } = await lake.catalog.incidents({ table, limit: 1_000 })
  const incident = items.find((one) => one.kind === 'blocked' && one.loadId === loadId)
  const checks = failed?.map(({ name, outcome, failing, message }) => ({ name, outcome, failing, message }))
  const problem = incident?.message ?? 'a check has failed'
  return new SluiceError('LOAD_BLOCKED', {
    table,
    load: loadId,
    incident: incident?.id,
    problem,
    ...(checks && { checks }),
  })
}
