import type { OpenHome } from '@sluice/engine'
import type { Log } from '../../log.ts'
import type { Services } from '../../services.ts'
import type { LakeHost } from '../lake-host.ts'
import type { Authenticate } from '../auth/authenticate.ts'

/** What handlers are made of: what decides, and what is kept. */
export interface HandlerContext {
  readonly services: Services
  readonly home: OpenHome
  readonly authenticate: Authenticate
  readonly lake: LakeHost
  readonly log: Log
  /** Of the package, as `/api/version` tells it. */
  readonly version: string
}
