import type { WaitEntry } from '@sluice/store'
import type { RootRun } from '../run/root-run.ts'

/** Left open by an earlier process, and the code did not come to them again: nobody may be asked for them, nor woken. */
export function forgottenWaits({ waits, checkpoints, platform }: RootRun): readonly ((seq: number) => WaitEntry)[] {
  const held = new Set(waits.all.map(({ row }) => row.key))
  const endedAt = platform.now()
  return checkpoints
    .openWaits()
    .filter((row) => !held.has(row.key))
    .map((row) => (seq) => ({ kind: 'wait', row: { ...row, status: 'cancelled', endedAt, seq } }))
}
