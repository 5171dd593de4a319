import type { ErrorEntry } from './error-codes.ts'
import { because, type ErrorDetails, issueList, object, part, shown, subject } from './error-text.ts'

/** The codes of errors between a server and those who call it. */
export type ServerErrorCode =
  | 'REQUEST_INVALID'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'HOST_REFUSED'
  | 'ROUTE_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'BODY_TOO_LARGE'
  | 'MEDIA_TYPE_UNSUPPORTED'
  | 'PROTOCOL_UNSUPPORTED'
  | 'IDEMPOTENCY_CONFLICT'
  | 'FILTER_UNSUPPORTED'
  | 'RUN_NOT_RESUMABLE'
  | 'TASK_RUN_NOT_FOUND'
  | 'WAIT_NOT_FOUND'
  | 'WAIT_CLOSED'
  | 'ANSWER_INVALID'
  | 'DEPLOYMENT_NOT_FOUND'
  | 'VERSION_NOT_FOUND'
  | 'SCHEDULE_NOT_FOUND'
  | 'POOL_NOT_FOUND'
  | 'POOL_IN_USE'
  | 'QUEUE_NOT_FOUND'
  | 'QUEUE_IN_USE'
  | 'WORKER_NOT_FOUND'
  | 'LIMIT_NOT_FOUND'
  | 'LIMIT_TOO_SMALL'
  | 'VARIABLE_NOT_FOUND'
  | 'BLOCK_NOT_FOUND'
  | 'BLOCK_NOT_ALLOWED'
  | 'BLOCK_INVALID'
  | 'TOKEN_NOT_FOUND'
  | 'SERVER_STOPPING'
  | 'SERVER_KEY_MISMATCH'
  | 'PORT_IN_USE'
  | 'SERVER_UNREACHABLE'
  | 'SERVER_TIMEOUT'
  | 'SERVER_ANSWER_INVALID'
  | 'CONFIG_INVALID'
  | 'INTERNAL'

/** Their part of the one table. */
export const serverErrorCodes: Readonly<Record<ServerErrorCode, ErrorEntry>> = {
  REQUEST_INVALID: {
    message: (d) => `The request is invalid${because(d)}${issueList(d['issues'])}`,
    next: 'Correct it: the page /api/docs of the server describes every operation.',
  },
  UNAUTHENTICATED: {
    message: (d) => `The request has no valid token${because(d)}`,
    next: 'Send `Authorization: Bearer <token>`: on this machine the file `token` of the home has one, elsewhere SLUICE_API_TOKEN.',
  },
  FORBIDDEN: {
    message: (d) => `The token may not do this${part('without the scope', d['needed'])}${because(d)}`,
    next: 'Use a token with that scope; `npx sluice tokens create` makes one.',
  },
  HOST_REFUSED: {
    message: (d) => `Requests${part('for', d['host'])}${part('from', d['origin'])} are refused${because(d)}`,
    next: 'Call the server by the address it listens on, or allow this one with SLUICE_ALLOWED_HOSTS.',
  },
  ROUTE_NOT_FOUND: {
    message: (d) => `There is nothing at ${shown(d['path'], 'this address')}`,
    next: 'Look at /api/docs for what there is.',
  },
  METHOD_NOT_ALLOWED: {
    message: (d) =>
      `${shown(d['method'], 'This method')} cannot be used${part('at', d['path'])}${part('instead of', d['allowed'])}`,
    next: 'Look at /api/docs for what can.',
  },
  BODY_TOO_LARGE: {
    message: (d) =>
      `The body of the request is larger than ${shown(d['limit'], 'the limit')}${part('bytes at', d['path'])}`,
    next: 'Send less at once: several smaller requests.',
  },
  MEDIA_TYPE_UNSUPPORTED: {
    message: (d) =>
      `A body of type ${shown(d['found'], 'that is not told')} cannot be read${part('instead of', d['needed'])}`,
    next: 'Send JSON with `Content-Type: application/json`, and a file with `Content-Type: application/octet-stream`.',
  },
  PROTOCOL_UNSUPPORTED: {
    message: (d) =>
      `The protocol${part('of version', d['found'])} is not spoken here${part('but that of version', d['known'])}`,
    next: 'Install the same version of Sluice on both sides; update the server first.',
  },
  IDEMPOTENCY_CONFLICT: {
    message: (d) => `The ${keyed(d)} was used before for something else`,
    next: 'Use another key, or send the same request again.',
  },
  FILTER_UNSUPPORTED: {
    message: (d) =>
      d['of'] === 'events'
        ? `Events cannot be filtered${part('by', d['filter'])} like that: no index serves it`
        : `Runs cannot be filtered${part('by', d['filter'])}${part('together with', d['unserved'])}: no index serves both`,
    next: 'Runs: by `flow` or `deployment`, each with `state` and times; by `tag` with times; or by `name` alone. Events: by `run` or `name`, each with all else.',
  },
  RUN_NOT_RESUMABLE: {
    message: (d) =>
      `${subject('run', d['run'])} does not wait for anything${part('while it is', d['state'])}${because(d)}`,
    next: 'Only a scheduled, paused or suspended run can go on now; retry one that failed with `npx sluice runs retry`.',
  },
  TASK_RUN_NOT_FOUND: missing('task run', 'taskRun', 'List those of a run with `npx sluice runs show`.'),
  WAIT_NOT_FOUND: missing('wait', 'wait', 'List the open ones with `npx sluice waits ls`.'),
  WAIT_CLOSED: {
    message: (d) => `${subject('wait', d['wait'])} is not open any more${because(d)}`,
    next: 'The first answer counts; look at the run to see what came of it.',
  },
  ANSWER_INVALID: {
    message: (d) => `This is no answer to ${object('wait', d['wait'])}${because(d)}${issueList(d['issues'])}`,
    next: 'Correct it to satisfy the schema of the wait.',
  },
  DEPLOYMENT_NOT_FOUND: missing('deployment', 'deployment', 'List them with `npx sluice deployments ls`.'),
  VERSION_NOT_FOUND: missing('version', 'version', 'List them with `npx sluice deployments show`.'),
  SCHEDULE_NOT_FOUND: missing('schedule', 'schedule', 'List them with `npx sluice deployments show`.'),
  POOL_NOT_FOUND: missing(
    'work pool',
    'pool',
    'List them with `npx sluice pools ls`, or make it with `npx sluice pools create`.',
  ),
  POOL_IN_USE: {
    message: (d) => `${subject('work pool', d['pool'])} is in use${because(d)}`,
    next: 'First move its deployments, stop its workers and let its runs end.',
  },
  QUEUE_NOT_FOUND: missing(
    'queue',
    'queue',
    'List them with `npx sluice queues ls`, or make it with `npx sluice queues create`.',
  ),
  QUEUE_IN_USE: {
    message: (d) => `${subject('queue', d['queue'])} is in use${because(d)}`,
    next: 'First move its deployments and let its runs end; the queue `default` stays.',
  },
  WORKER_NOT_FOUND: missing('worker', 'worker', 'A worker that the server forgot registers again by itself.'),
  LIMIT_NOT_FOUND: missing('limit', 'limit', 'List them with `npx sluice limits ls`.'),
  LIMIT_TOO_SMALL: {
    message: (d) => `${subject('limit', d['limit'])} has fewer slots than are asked for${because(d)}`,
    next: 'Ask for fewer, or give it more with `npx sluice limits set`.',
  },
  VARIABLE_NOT_FOUND: missing('variable', 'variable', 'Set it with `npx sluice variables set`.'),
  BLOCK_NOT_FOUND: missing('block', 'block', 'Save it with `npx sluice blocks set`.'),
  BLOCK_NOT_ALLOWED: {
    message: (d) => `${subject('block', d['block'])} is not one that ${object('run', d['run'])} may open${because(d)}`,
    next: 'Add it to `blocks` of its deployment (`npx sluice deploy --block Kind/name`), then retry the run.',
  },
  BLOCK_INVALID: {
    message: (d) => `${subject('block', d['block'])} is invalid${because(d)}${issueList(d['issues'])}`,
    next: 'Look at its kind with `npx sluice blocks kinds`.',
  },
  TOKEN_NOT_FOUND: missing('API token', 'token', 'List them with `npx sluice tokens ls`.'),
  SERVER_STOPPING: {
    message: () => 'The server is stopping',
    next: 'Try again: another one, or this one once it is back, will answer.',
  },
  SERVER_KEY_MISMATCH: {
    message: (d) =>
      `The store${part('at', d['location'])} is used with another key than that${part('of the home', d['home'])}${part('in', d['variable'])}`,
    next: 'Give every server of one database the same key: copy `secret.key`, or set SLUICE_SECRET_KEY.',
  },
  PORT_IN_USE: {
    message: (d) => `${subject('port', d['port'])} is used by another program${part('on', d['host'])}`,
    next: 'Choose another with `--port`, or stop that program; it may be a Sluice server already.',
  },
  SERVER_UNREACHABLE: {
    message: (d) => `The server${part('at', d['url'])} cannot be reached${because(d)}`,
    next: 'Check that it runs (`npx sluice server start`) and that SLUICE_API_URL is its address.',
  },
  SERVER_TIMEOUT: {
    message: (d) => `The server${part('at', d['url'])} did not answer${part('within', d['after'])}`,
    next: 'Try again, or give the call a longer timeout.',
  },
  SERVER_ANSWER_INVALID: {
    message: (d) => `The server${part('at', d['url'])} gave an answer that cannot be read${because(d)}`,
    next: 'Check that SLUICE_API_URL is the address of a Sluice server of this version, and not of something before it.',
  },
  CONFIG_INVALID: {
    message: (d) => `${subject('configuration file', d['file'])} is invalid${because(d)}`,
    next: 'Correct the file: docs/cli.md lists what it may hold.',
  },
  INTERNAL: {
    message: (d) => `The server failed${part('at', d['path'])}`,
    next: 'Look at the log of the server, and report what it says there.',
  },
}

/** The entry of something that is named and not there. */
function missing(noun: string, detail: string, next: string): ErrorEntry {
  return {
    message: (d) => {
      const name = shown(d[detail], '')
      return `There is no ${name === '' ? `such ${noun}` : `${noun} '${name}'`}${because(d)}`
    },
    next,
  }
}

function keyed(details: ErrorDetails): string {
  const key = shown(details['key'], '')
  return key === '' ? 'idempotency key' : `idempotency key '${key}'`
}
