import type { DeploymentJson } from '@sluice/api'
import { scheduleText } from './schedule-text.ts'

/**
 * What a deployment had and has no more, now that it was declared anew. A declaration is the whole truth, so what it leaves out
 * goes; nobody may have meant that.
 */
export function removedBy(before: DeploymentJson, after: DeploymentJson): readonly string[] {
  const slugs = new Set(after.schedules.map(({ slug }) => slug))
  return [
    ...before.schedules.filter(({ slug }) => !slugs.has(slug)).map((each) => `schedule ${scheduleText(each)}`),
    ...missing(Object.keys(before.parameters), Object.keys(after.parameters)).map((name) => `parameter '${name}'`),
    ...missing(before.blocks, after.blocks).map((name) => `block ${name}`),
    ...missing(before.tags, after.tags).map((name) => `tag '${name}'`),
    ...(after.pool === 'default' && before.pool !== 'default' ? [`pool '${before.pool}'`] : []),
    ...(after.queue === 'default' && before.queue !== 'default' ? [`queue '${before.queue}'`] : []),
    ...(after.priority === 0 && before.priority !== 0 ? [`priority ${before.priority}`] : []),
  ]
}

function missing(before: readonly string[], after: readonly string[]): readonly string[] {
  return before.filter((each) => !after.includes(each))
}
