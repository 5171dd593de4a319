import type { WaitEntry } from '@sluice/store'
import type { LightMyRequestResponse } from 'fastify'
import type { TestApp } from './test-app.testsupport.ts'

/** The id of a run that is not there. */
export const run = '01890000-0000-7000-8000-000000000001'

/** A request as it comes from this machine, without a token. */
export async function ask(
  server: TestApp,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  headers: Record<string, string> = {},
): Promise<LightMyRequestResponse> {
  return server.app.inject({ method, url, headers: { host: 'localhost', ...headers } })
}

/** The journal's entry of a question. */
export function openWait(rootId: string, id: string, seq: number): WaitEntry {
  const row = {
    rootId,
    runId: rootId,
    parentTaskId: null,
    key: `k${seq}`,
    kind: 'input',
    name: 'approve',
    seq,
  } as const
  const none = {
    deadline: null,
    match: null,
    targetRunId: null,
    event: null,
    outcome: null,
    endedAt: null,
    answer: null,
  }
  return { kind: 'wait', row: { ...row, ...none, id, status: 'open', checkpoint: true, createdAt: 1 } }
}
