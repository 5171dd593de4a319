import type { NewEventInput } from '@sluice/api'
import { SluiceError } from '@sluice/core'
import { defaultWorkspace } from '@sluice/store'
import type { Context } from '../context.ts'
import { topics } from '../loops/wakeups.ts'

/** Names that mean something to Sluice itself. */
const reserved = ['run.', 'schedule.', 'incident.', 'dataset.']

/** Stores an event of a user; runs that wait for it go on. Throws `OPTION_INVALID` for a name of Sluice's own. */
export async function emitEvent(context: Context, event: NewEventInput): Promise<{ readonly id: string }> {
  const own = reserved.find((prefix) => event.name.startsWith(prefix))
  if (own !== undefined)
    throw new SluiceError('OPTION_INVALID', {
      option: 'name',
      problem: `names that begin with '${own}' are Sluice's own`,
    })
  const { home, wakeups } = context
  const id = event.id ?? home.settings.platform.newId()
  const payload = event.payload === undefined ? null : JSON.stringify(event.payload)
  const { name, key = null } = event
  await home.store.emitEvents([{ id, workspace: defaultWorkspace, name, key, rootId: null, payload }])
  wakeups.send(topics.events, topics.waits)
  return { id }
}
