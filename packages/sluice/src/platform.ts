import { randomUUID } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'

/** An id that no other call has. */
export function newId(): string {
  return randomUUID()
}

export const thisProcess: {
  readonly cwd: () => string
  readonly env: Readonly<Record<string, string | undefined>>
} = { cwd: () => process.cwd(), env: process.env }

/** Waits, in milliseconds. */
export async function pause(ms: number): Promise<void> {
  await after(ms)
}
