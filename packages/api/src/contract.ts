import type { OperationId } from './endpoints.ts'
import type { Operation } from './operation.ts'
import { deploymentRoutes } from './routes/deployment-routes.ts'
import { engineRoutes } from './routes/engine-routes.ts'
import { eventRoutes } from './routes/event-routes.ts'
import { lakeDataRoutes } from './routes/lake-data-routes.ts'
import { lakeFindingRoutes } from './routes/lake-finding-routes.ts'
import { lakeRoutes } from './routes/lake-routes.ts'
import { lakeTableRoutes } from './routes/lake-table-routes.ts'
import { lakeTrustRoutes } from './routes/lake-trust-routes.ts'
import { poolRoutes } from './routes/pool-routes.ts'
import { runRoutes } from './routes/run-routes.ts'
import { serverRoutes } from './routes/server-routes.ts'
import { settingRoutes } from './routes/setting-routes.ts'
import { waitRoutes } from './routes/wait-routes.ts'
import { workerRoutes } from './routes/worker-routes.ts'

/**
 * The one contract: every operation of the API. Routes, OpenAPI document and typed client all come from it. That it has exactly
 * the operations of `endpoints.ts` is checked by the compiler.
 */
export const contract = {
  ...serverRoutes,
  ...runRoutes,
  ...waitRoutes,
  ...eventRoutes,
  ...deploymentRoutes,
  ...poolRoutes,
  ...workerRoutes,
  ...settingRoutes,
  ...engineRoutes,
  ...lakeRoutes,
  ...lakeFindingRoutes,
  ...lakeTrustRoutes,
  ...lakeTableRoutes,
  ...lakeDataRoutes,
} satisfies { readonly [Id in OperationId]: Operation<Id> }

export type Contract = typeof contract
