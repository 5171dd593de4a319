import type { OpenHome } from '@sluice/engine'
import type { Services } from '../../services.ts'

/** What handlers are made of: what decides, and what is kept. */
export interface HandlerContext {
  readonly services: Services
  readonly home: OpenHome
  /** Of the package, as `/api/version` tells it. */
  readonly version: string
}
