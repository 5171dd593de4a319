import { because, type ErrorDetails, issueList, kindText, object, part, shown, subject } from './error-text.ts'
import { type LakeErrorCode, lakeErrorCodes } from './lake-error-codes.ts'
import { nearest } from './nearest.ts'
import { type ServerErrorCode, serverErrorCodes } from './server-error-codes.ts'

/** Every code an error of Sluice can have. Stable: code may compare it, docs explain it, the API returns it. */
export type ErrorCode =
  | 'DURATION_INVALID'
  | 'SCHEDULE_INVALID'
  | 'OPTION_INVALID'
  | 'OPTION_UNKNOWN'
  | 'PARAMETERS_INVALID'
  | 'PARAMETER_SYNTAX'
  | 'ILLEGAL_TRANSITION'
  | 'INPUT_UNHASHABLE'
  | 'INPUT_MUTATED'
  | 'RESULT_UNSERIALIZABLE'
  | 'RESULT_TOO_LARGE'
  | 'RESULT_MISSING'
  | 'RESULT_CORRUPT'
  | 'NON_ERROR_THROWN'
  | 'OUTSIDE_RUN'
  | 'ATTEMPT_CLOSED'
  | 'TASK_TIMEOUT'
  | 'FLOW_TIMEOUT'
  | 'TASK_CANCELLED'
  | 'RUN_CANCELLED'
  | 'RUN_FENCED'
  | 'RUN_NOT_FOUND'
  | 'AMBIGUOUS_ID'
  | 'RUN_NOT_RETRYABLE'
  | 'RUN_STILL_OWNED'
  | 'RUN_CRASHED'
  | 'RECURSION_TOO_DEEP'
  | 'JOURNAL_GAP'
  | 'JOURNAL_TIMEOUT'
  | 'STORE_UNAVAILABLE'
  | 'STORE_CORRUPT'
  | 'STORE_TOO_NEW'
  | 'STORE_READ_ONLY'
  | 'STORE_FULL'
  | 'HOME_READ_ONLY'
  | 'WAIT_IN_TASK'
  | 'WAIT_TIMEOUT'
  | 'START_IN_TASK'
  | 'START_UNAVAILABLE'
  | 'DEPLOY_UNAVAILABLE'
  | 'LIMIT_CONFLICT'
  | 'MAP_NOT_ITERABLE'
  | 'MAP_NOT_READY'
  | 'FUTURE_IN_JSON'
  | 'FLOW_NOT_FOUND'
  | 'FLOW_AMBIGUOUS'
  | 'FILE_NOT_FOUND'
  | 'IMPORT_FAILED'
  | 'RUN_DURING_IMPORT'
  | 'VERSION_NOT_HERE'
  | 'LAUNCH_FAILED'
  | 'DATABASE_QUERY'
  | 'SECRET_KEY_MISSING'
  | 'SECRET_UNREADABLE'
  | 'NODE_TOO_OLD'
  | 'TEST_DATABASE_UNAVAILABLE'
  | LakeErrorCode
  | ServerErrorCode

/** How an error of one code is told. */
export interface ErrorEntry {
  /** What happened, as one sentence, from whatever details are known. */
  readonly message: (details: ErrorDetails) => string
  /** What to do next. */
  readonly next: string
}

/** The one table of error codes. `docs/errors.md` has a paragraph for each; a test compares the two. */
export const errorCodes: Readonly<Record<ErrorCode, ErrorEntry>> = {
  DURATION_INVALID: {
    message: (d) => `${quoted(d['duration'], 'The value')} is not a duration`,
    next: "Write milliseconds as a number, or text such as '500ms', '30s', '5m', '2h', '1d' or '1w'.",
  },
  SCHEDULE_INVALID: {
    message: (d) => `${scheduleOption(d)} is invalid${because(d)}`,
    next: "Write a cron such as '0 5 * * *', an interval such as '15m', a zone such as 'Europe/Berlin'.",
  },
  OPTION_INVALID: {
    message: (d) => `${subject('option', d['option'])}${part('of', d['of'])} is invalid${because(d)}`,
    next: 'Correct its value.',
  },
  OPTION_UNKNOWN: {
    message: (d) => `${subject('option', d['option'])}${part('of', d['of'])} is not known${suggestion(d, 'option')}`,
    next: 'Correct its spelling or leave it out.',
  },
  PARAMETERS_INVALID: {
    message: (d) => `${answerOrParameters(d)} invalid${issueList(d['issues'])}`,
    next: 'Correct them and start the run again.',
  },
  PARAMETER_SYNTAX: {
    message: (d) => `${subject('parameter', d['parameter'])} cannot be read${because(d)}`,
    next: `Write name=value, where the value is JSON or plain text, for example months='[1,2]' color=green.`,
  },
  ILLEGAL_TRANSITION: {
    message: (d) =>
      `A run cannot go from ${shown(d['from'], 'this state')} to ${shown(d['to'], 'that one')}${because(d)}`,
    next: 'Look at the state of the run first: somebody may have changed it meanwhile.',
  },
  INPUT_UNHASHABLE: {
    message: (d) => `${shown(d['path'], 'An input')} cannot be hashed${told(kindText(d['kind']))}`,
    next: 'Pass plain data, or give the task a `key:` by which its result is found again.',
  },
  INPUT_MUTATED: {
    message: (d) => `${subject('task', d['task'])} changed its input${part('at', d['path'])}`,
    next: 'Inputs and results are read-only: copy the value before changing it.',
  },
  RESULT_UNSERIALIZABLE: {
    message: (d) =>
      `${subject('task', d['task'])} returned a value that cannot be stored${part('at', d['path'])}${told(kindText(d['kind']))}`,
    next: 'Return plain data, or set `persist: false` so that the task runs again on every resume.',
  },
  RESULT_TOO_LARGE: {
    message: (d) =>
      `${subject('task', d['task'])} returned ${bytes(d['bytes'], 'more than can be stored')}${part('and the limit is', bytes(d['limit'], ''))}`,
    next: 'Write large data to a file or a table and return its address.',
  },
  RESULT_MISSING: {
    message: (d) => `The stored result${part('of', d['task'])}${part('under', d['ref'])} is gone`,
    next: 'Run the task again with `npx sluice runs retry --from <task>`, or restore the result storage.',
  },
  RESULT_CORRUPT: {
    message: (d) => `The stored result${part('of', d['task'])}${part('under', d['ref'])} is damaged${because(d)}`,
    next: 'Run the task again with `npx sluice runs retry --from <task>`, or restore the result storage.',
  },
  NON_ERROR_THROWN: {
    message: (d) => `Something that is not an Error was thrown${told(d['value'])}`,
    next: 'Throw an Error, so that there is a stack to look at.',
  },
  OUTSIDE_RUN: {
    message: (d) => `${shown(d['what'] ?? d['task'], 'This')} was used outside a run`,
    next: 'Call it inside a flow; to call only the function of a task, use `task.fn`.',
  },
  ATTEMPT_CLOSED: {
    message: (d) =>
      `This attempt of ${object('task', d['task'])} has already ended, so ${shown(d['what'], 'what it still does')} is refused`,
    next: 'Await everything that the task starts, and stop when `run.signal` aborts.',
  },
  TASK_TIMEOUT: {
    message: (d) => `${subject('task', d['task'])} did not finish within ${shown(d['after'], 'its timeout')}`,
    next: 'Raise `timeout`, or make the work smaller.',
  },
  FLOW_TIMEOUT: {
    message: (d) => `${subject('flow', d['flow'])} did not finish within ${shown(d['after'], 'its timeout')}`,
    next: 'Raise `timeout`, or make the work smaller.',
  },
  TASK_CANCELLED: {
    message: (d) => `${subject('task', d['task'])} was cancelled${because(d)}`,
    next: 'Nothing is wrong with the task itself; retry the run to run it again.',
  },
  RUN_CANCELLED: {
    message: (d) => `${subject('run', d['run'])} was cancelled${because(d)}`,
    next: 'Retry it with `npx sluice runs retry` to go on from its checkpoints.',
  },
  RUN_FENCED: {
    message: (d) => `${subject('run', d['run'])} now belongs to another process${part('with epoch', d['epoch'])}`,
    next: 'This process must stop working on it; the new owner goes on from the checkpoints.',
  },
  RUN_NOT_FOUND: {
    message: (d) => `There is no ${named('run', d['run'] ?? d['id'])}${part('in', d['location'])}`,
    next: 'List the runs with `npx sluice runs ls`.',
  },
  AMBIGUOUS_ID: {
    message: (d) => `${shown(d['prefix'] ?? d['id'], 'This id')} is the beginning of several ids${told(d['matches'])}`,
    next: 'Write more of the id.',
  },
  RUN_NOT_RETRYABLE: {
    message: (d) => `${subject('run', d['run'])} cannot be retried${part('while it is', d['state'])}${because(d)}`,
    next: 'Retry runs that Failed, Crashed or were Cancelled; repeat any other with `npx sluice runs rerun`.',
  },
  RUN_STILL_OWNED: {
    message: (d) => `${subject('run', d['run'])} is still being run${part('by', d['owner'])}`,
    next: 'Wait for it to end, or cancel it first with `npx sluice runs cancel`.',
  },
  RUN_CRASHED: {
    message: (d) => `${subject('run', d['run'])} crashed${because(d)}`,
    next: 'Resume it with `npx sluice runs retry`: finished tasks are not repeated.',
  },
  RECURSION_TOO_DEEP: {
    message: (d) => `Calls are nested too deeply${part('in', d['flow'] ?? d['task'])}${part('beyond', d['limit'])}`,
    next: 'Look for a flow or task that calls itself without an end; use a loop instead.',
  },
  JOURNAL_GAP: {
    message: (d) =>
      `The journal of ${object('run', d['run'])} misses entries before ${shown(d['first'], 'this batch')}`,
    next: 'Send the missing entries again, in order.',
  },
  JOURNAL_TIMEOUT: {
    message: (d) =>
      `${subject('run', d['run'])} could not be recorded for ${shown(d['after'], 'too long')}${because(d)}`,
    next: 'Bring the store back, then resume the run with `npx sluice runs retry`.',
  },
  STORE_UNAVAILABLE: {
    message: (d) => `The store${part('at', d['location'])} does not answer${because(d)}`,
    next: 'Check that it is up and reachable, then try again.',
  },
  STORE_CORRUPT: {
    message: (d) => `The store${part('at', d['location'])} is damaged${because(d)}`,
    next: 'Restore it from a backup, or move the file away to start with an empty one.',
  },
  STORE_TOO_NEW: {
    message: (d) => `The store${part('at', d['location'])} was written by a newer Sluice${schemaVersions(d)}`,
    next: 'Update Sluice here, or use another home.',
  },
  STORE_READ_ONLY: {
    message: (d) => `The store${part('at', d['location'])} cannot be written${because(d)}`,
    next: 'Give this user write access, or choose another home with SLUICE_HOME.',
  },
  STORE_FULL: {
    message: (d) => `The disk of the store${part('at', d['location'])} is full`,
    next: 'Free some space: running work waits and goes on by itself.',
  },
  HOME_READ_ONLY: {
    message: (d) => `The home directory ${shown(d['home'], 'of the project')} cannot be written${because(d)}`,
    next: 'Give this user write access, or choose another place with SLUICE_HOME.',
  },
  WAIT_IN_TASK: {
    message: (d) => `A long wait was made inside ${object('task', d['task'])}`,
    next: 'Wait in the body of the flow, between tasks.',
  },
  WAIT_TIMEOUT: {
    message: (d) => `${subject('wait', d['wait'] ?? d['key'])} was not answered${part('within', d['after'])}`,
    next: 'Catch this error, or give the wait a `default:`.',
  },
  START_IN_TASK: {
    message: (d) => `${subject('flow', d['flow'])} was started as a separate run inside ${object('task', d['task'])}`,
    next: 'Start it in the body of the flow, between tasks, or call it as a child flow.',
  },
  START_UNAVAILABLE: {
    message: (d) => `${subject('flow', d['flow'])} cannot be started as a separate run here`,
    next: 'Call it as a child flow, or run its starter on a worker.',
  },
  DEPLOY_UNAVAILABLE: {
    message: (d) => `${subject('deployment', d['deployment'])} cannot be made here: nobody here knows a server`,
    next: 'Import `flow` from the package `sluice`, or deploy with `npx sluice deploy`.',
  },
  LIMIT_CONFLICT: {
    message: (d) => `${subject('limit', d['limit'])} is declared in two ways${because(d)}`,
    next: 'Give it the same number everywhere, or two names.',
  },
  MAP_NOT_ITERABLE: {
    message: (d) => `The items given to ${shown(d['task'], 'task')}.map cannot be iterated${told(kindText(d['kind']))}`,
    next: 'Pass an array, another iterable, or a future of one.',
  },
  MAP_NOT_READY: {
    message: (d) => `The futures of ${shown(d['task'], 'task')}.map are not known before its items are`,
    next: 'Await the map, or await its items first.',
  },
  FUTURE_IN_JSON: {
    message: (d) => `The future of ${object('task', d['task'])} was turned into JSON`,
    next: 'Await it first, then use its value.',
  },
  FLOW_NOT_FOUND: {
    message: (d) =>
      `There is no ${named('flow', d['flow'])}${part('in', d['file'])}${because(d)}${suggestion(d, 'flow')}`,
    next: 'Export the flow from the file, and check its name.',
  },
  FLOW_AMBIGUOUS: {
    message: (d) => `Several flows could be meant${part('in', d['file'])}${told(d['flows'])}`,
    next: 'Name one, as file.ts:export.',
  },
  FILE_NOT_FOUND: {
    message: (d) => `${subject('file', d['file'])} does not exist`,
    next: 'Check its path, from the directory the command runs in.',
  },
  IMPORT_FAILED: {
    message: (d) => `${subject('file', d['file'])} could not be imported${because(d)}`,
    next: 'Run it with `node` alone to see the error where it happens.',
  },
  RUN_DURING_IMPORT: {
    message: (d) =>
      `${subject('flow', d['flow'])} was started while its file was only being imported${part('from', d['file'])}`,
    next: 'Put the call under `if (import.meta.main)`.',
  },
  VERSION_NOT_HERE: {
    message: (d) =>
      `The pinned version${part('that begins with', d['version'])} of ${object('flow', d['flow'])} is not on this machine any more${part(': the code has changed in', d['directory'])}`,
    next: 'Put that version of the code back, or retry the run with `npx sluice runs retry --version latest`.',
  },
  LAUNCH_FAILED: {
    message: (d) => `The run could not be started${because(d)}`,
    next: 'Correct that, then retry the run. When no process could be started: look at the memory and the process limits of the machine of the worker.',
  },
  DATABASE_QUERY: {
    message: (d) => `A query${part('on', d['database'])} failed${because(d)}`,
    next: 'Run it by hand to see more, or retry when the database was only busy.',
  },
  SECRET_KEY_MISSING: {
    message: (d) =>
      `A secret cannot be kept or read without the key${part('of', d['source'] ?? d['location'])}${because(d)}`,
    next: 'Restore the key file of the home, or set SLUICE_SECRET_KEY.',
  },
  SECRET_UNREADABLE: {
    message: (d) => `${subject('secret', d['secret'])} cannot be decrypted${because(d)}`,
    next: 'It was written with another key: restore that key, or save the secret again.',
  },
  NODE_TOO_OLD: {
    message: (d) => `Node ${shown(d['found'], 'here')} is too old${part('for Sluice, which needs', d['needed'])}`,
    next: 'Install a newer Node from nodejs.org.',
  },
  TEST_DATABASE_UNAVAILABLE: {
    message: (d) => `No PostgreSQL could be started for the tests${because(d)}`,
    next: 'Install the optional dependencies, or set PG_BIN or TEST_DATABASE_URL.',
  },
  ...lakeErrorCodes,
  ...serverErrorCodes,
}

/** `'value'`, or `otherwise` when there is none: an empty text is a value here. */
function quoted(detail: unknown, otherwise: string): string {
  const text = shown(detail, '')
  return text === '' && detail !== '' ? otherwise : `'${text}'`
}

/** ``The option `cron` ('5 * 1 0 *') of a schedule``, with as much of it as is known. */
function scheduleOption(details: ErrorDetails): string {
  const option = shown(details['option'], 'schedule')
  const given = quoted(details['given'], '')
  return option === 'schedule' ? 'The schedule' : `The option \`${option}\`${given && ` (${given})`} of a schedule`
}

/** What a schema refused: the answer to a wait, or the parameters of a flow. */
function answerOrParameters(details: ErrorDetails): string {
  const wait = shown(details['wait'], '')
  return wait === '' ? `The parameters of ${object('flow', details['flow'])} are` : `The answer to '${wait}' is`
}

/** `: <detail>` when the detail is known, else nothing. */
function told(detail: unknown): string {
  const text = shown(detail, '')
  return text === '' ? '' : `: ${text}`
}

function schemaVersions(details: ErrorDetails): string {
  const found = shown(details['found'], '')
  return found === '' ? '' : `: its schema is ${found}${part('and this one knows', details['known'])}`
}

function named(noun: string, name: unknown): string {
  const text = shown(name, '')
  return text === '' ? `such ${noun}` : `${noun} '${text}'`
}

function bytes(count: unknown, otherwise: string): string {
  return typeof count === 'number' ? `${count.toLocaleString('en')} bytes` : otherwise
}

/** `(did you mean 'retries'?)` when one of `details.known` is close to the word under `of`. */
function suggestion(details: ErrorDetails, of: string): string {
  const known = details['known']
  if (!Array.isArray(known) || known.length === 0) return ''
  const names = known.map(String)
  const near = nearest(shown(details[of], ''), names)
  return near === undefined ? `; there are ${shown(names, '')}` : ` (did you mean '${near}'?)`
}
