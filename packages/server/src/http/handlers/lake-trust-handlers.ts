import { SluiceError } from '@sluice/core'
import type { LakeCheckJson } from '@sluice/api'
import type { CheckRecord, OpenedLake } from '@sluice/lake/catalog'
import { type Handlers, ok } from '../endpoint-handler.ts'
import { given } from '../paging.ts'
import type { HandlerContext } from './handler-context.ts'
import { ownerOf, requireOwner } from './run-owner.ts'

type ReadIds = 'listChecks' | 'listIncidents' | 'getIncident' | 'resolveIncident'
type RunIds = 'findChecks' | 'recordChecks' | 'findIncidents' | 'openIncident' | 'findIncident' | 'settleIncident'

/** What checks said of tables, and what went wrong with loads: for people, and for runs. */
export function lakeTrustHandlers(
  context: HandlerContext,
  lake: () => Promise<OpenedLake>,
): Handlers<ReadIds | RunIds> {
  return { ...readHandlers(context, lake), ...runHandlers(context, lake) }
}

function readHandlers({ home: { store } }: HandlerContext, lake: () => Promise<OpenedLake>): Handlers<ReadIds> {
  const found = <T>(incident: T | undefined, id: string): T => {
    if (incident === undefined) throw new SluiceError('INCIDENT_NOT_FOUND', { incident: id })
    return incident
  }
  return {
    async listChecks({ params, query }) {
      const table = await store.findLakeTable(params.table)
      if (table === undefined) throw new SluiceError('TABLE_NOT_FOUND', { table: params.table })
      const { items, next } = await (await lake()).catalog.checks(table.id, given(query))
      return ok({ items: items.map(plain), next })
    },
    async listIncidents({ query }) {
      const { items, next } = await (await lake()).catalog.incidents(given(query))
      return ok({ items: [...items], next })
    },
    async getIncident({ params: { incident: id } }) {
      return ok(found(await (await lake()).catalog.incident(id), id))
    },
    async resolveIncident({ params: { incident: id }, body, by }) {
      return ok(found(await (await lake()).catalog.resolveIncident(id, body.note, by), id))
    },
  }
}

function runHandlers({ home: { store } }: HandlerContext, lake: () => Promise<OpenedLake>): Handlers<RunIds> {
  return {
    async findChecks({ params, query, caller }) {
      await requireOwner(store, caller)
      const { items, next } = await (await lake()).catalog.checks(params.tableId, given(query))
      return ok({ items: items.map(plain), next })
    },
    async recordChecks({ params, body, caller }) {
      await requireOwner(store, caller)
      await (await lake()).catalog.recordChecks(params.tableId, body.checks, ownerOf(caller).rootId)
      return ok({})
    },
    async findIncidents({ query, caller }) {
      await requireOwner(store, caller)
      const { items, next } = await (await lake()).catalog.incidents(given(query))
      return ok({ items: [...items], next })
    },
    async openIncident({ body: { table, incident }, caller }) {
      await requireOwner(store, caller)
      return ok(await (await lake()).catalog.openIncident(table, incident, ownerOf(caller).rootId))
    },
    async findIncident({ params, caller }) {
      await requireOwner(store, caller)
      return ok({ incident: (await (await lake()).catalog.incident(params.incident)) ?? null })
    },
    async settleIncident({ params, body, caller }) {
      await requireOwner(store, caller)
      const by = `run ${ownerOf(caller).rootId}`
      return ok({ incident: (await (await lake()).catalog.resolveIncident(params.incident, body.note, by)) ?? null })
    },
  }
}

/** With a list that may be written. */
const plain = (check: CheckRecord): LakeCheckJson => ({ ...check, samples: [...check.samples] })
