import type { OpenHome } from '@sluice/engine'
import type { Log } from '../log.ts'
import type { Clock } from '../platform.ts'
import type { Services } from '../services.ts'
import type { Authenticate } from './auth/authenticate.ts'
import type { HostRules } from './auth/host-check.ts'

/** What the HTTP side of a server is made of. There is no way to switch the token off. */
export interface AppOptions {
  readonly services: Services
  readonly home: OpenHome
  readonly authenticate: Authenticate
  readonly hosts: HostRules
  readonly clock: Clock
  readonly log: Log
  /** Of the package. */
  readonly version: string
  /** Tests: an answer that the contract does not allow becomes an INTERNAL error. */
  readonly checkAnswers?: boolean
}
