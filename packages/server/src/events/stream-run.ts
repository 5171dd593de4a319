import { isTerminal, stateOf, type State, type StateName } from '@sluice/core'
import type { EventRecord, RunRecord } from '@sluice/store'
import type { Context } from '../context.ts'
import { topics } from '../loops/wakeups.ts'
import { getRun } from '../runs/get-run.ts'
import type { RunMessage } from '../services.ts'
import { cursorText, readCursor, type RunCursor } from './run-cursor.ts'

/** Other servers' writes are found by looking; this one's tell. */
const safetyMs = 250
const batch = 500

/**
 * What happens in a run: its states and events, its task runs and child runs, its log lines; then, when it has ended, its end. Each
 * source has a place of its own in the cursor, so that a stream taken up again skips and doubles nothing. Throws `RUN_NOT_FOUND`.
 */
export async function* streamRun(
  context: Context,
  rootId: string,
  after: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<RunMessage> {
  let cursor = readCursor(after)
  const wakeOn = (wake: () => void): (() => void) => {
    const ends = [topics.rows(rootId), topics.run(rootId), topics.events].map((topic) =>
      context.wakeups.on(topic, wake),
    )
    return () => {
      for (const end of ends) end()
    }
  }
  const poll = { waitMs: Number.POSITIVE_INFINITY, signal, safetyMs, wakeOn }
  const look = async (): Promise<News | undefined> => {
    const news = await readNews(context, rootId, cursor)
    return news.messages.length > 0 || isTerminal(news.run.state.type) ? news : undefined
  }
  for (let news = await context.polls.until(poll, look); news; news = await context.polls.until(poll, look)) {
    yield* news.messages
    cursor = news.cursor
    const { state } = news.run
    if (news.messages.length > 0 || !isTerminal(state.type)) continue
    yield { cursor: cursorText(cursor), event: 'end', runId: rootId, state }
    return
  }
}

interface News {
  /** As it was before the messages were read: when it had ended then, they are complete once there are none. */
  readonly run: RunRecord
  readonly messages: readonly RunMessage[]
  readonly cursor: RunCursor
}

type Bare = RunMessage extends infer M ? (M extends RunMessage ? Omit<M, 'cursor'> : never) : never

async function readNews({ home }: Context, rootId: string, from: RunCursor): Promise<News> {
  const { store } = home
  const run = await getRun(store, rootId)
  const [events, changes, logs] = await Promise.all([
    store.readEvents({ after: from.events, limit: batch, rootId }),
    store.readTreeChanges({ rootId, after: from.rows, limit: batch }),
    store.listLogs({ rootId, limit: batch, ...(from.logs !== '' && { after: from.logs }) }),
  ])
  let cursor = from
  const messages: RunMessage[] = []
  const add = (moved: Partial<RunCursor>, message: Bare): void => {
    cursor = { ...cursor, ...moved }
    messages.push({ cursor: cursorText(cursor), ...message })
  }
  for (const event of events.events) add({ events: event.position }, ofEvent(event))
  for (const change of changes) {
    if (change.kind === 'task') add({ rows: change.seq }, { event: 'task', task: change.task })
    else add({ rows: change.seq }, { event: 'state', runId: change.run.id, state: change.run.state })
  }
  for (const log of logs.items) add({ logs: log.position }, { event: 'log', log })
  return { run, messages, cursor }
}

/** An event `run.<type>` is a state of the root run. */
function ofEvent(record: EventRecord): Bare {
  const state = record.name.startsWith('run.') && record.rootId !== null ? stateOfEvent(record) : undefined
  return state && record.rootId !== null ? { event: 'state', runId: record.rootId, state } : { event: 'event', record }
}

interface StatePayload {
  readonly state?: { readonly name: StateName; readonly at: number; readonly message: string | null }
}

function stateOfEvent({ payload }: EventRecord): State | undefined {
  const { state } = JSON.parse(payload ?? '{}') as StatePayload
  return state && stateOf(state.name, state.at, state.message === null ? {} : { message: state.message })
}
