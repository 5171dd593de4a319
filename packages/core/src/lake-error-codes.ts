import type { ErrorEntry } from './error-codes.ts'
import { because, object, part, shown, subject } from './error-text.ts'

/** The codes of errors of the lake: its tables, its files, what is loaded into it. */
export type LakeErrorCode =
  | 'TABLE_NAME_INVALID'
  | 'TABLE_NOT_FOUND'
  | 'TABLE_EXISTS'
  | 'TABLE_VERSION_NOT_FOUND'
  | 'TABLE_COLUMN_UNKNOWN'
  | 'TABLE_OWNER_MISSING'
  | 'TABLE_KEY_MISSING'
  | 'LOAD_EXISTS'
  | 'LOAD_NOT_FOUND'
  | 'LOAD_BLOCKED'
  | 'LOAD_SOURCE_INVALID'
  | 'LOAD_SOURCE_NOT_FOUND'
  | 'LOAD_SOURCE_UNREADABLE'
  | 'LOAD_ROW_INVALID'
  | 'LOAD_COLUMN_INVALID'
  | 'LOAD_CONTRACT_BROKEN'
  | 'LOAD_REJECTED'
  | 'LOAD_COUNT_MISMATCH'
  | 'INCIDENT_NOT_FOUND'
  | 'RELEASE_NOT_FOUND'
  | 'RELEASE_EXISTS'
  | 'LOAD_DUPLICATE_KEY'
  | 'LOAD_OUTSIDE_WHERE'
  | 'LOAD_CURSOR_INVALID'
  | 'LOAD_RAW_UNAVAILABLE'
  | 'LAKE_PATH_INVALID'
  | 'LAKE_FILE_EXISTS'
  | 'LAKE_FILE_NOT_FOUND'
  | 'MODEL_INVALID'
  | 'MODEL_FAILED'
  | 'FILESET_FILE_NOT_FOUND'
  | 'LAKE_STORAGE_UNAVAILABLE'
  | 'LAKE_STORAGE_DENIED'
  | 'LAKE_STORAGE_UNKNOWN'
  | 'LAKE_CACHE_TOO_SMALL'
  | 'LAKE_FOREIGN_CATALOG'
  | 'LAKE_METADATA_INVALID'
  | 'LAKE_FORMAT_UNSUPPORTED'
  | 'LAKE_VALUE_UNSUPPORTED'
  | 'LAKE_CATALOG_NOT_EMPTY'
  | 'LAKE_COMMIT_CONFLICT'
  | 'LAKE_COMMIT_INVALID'
  | 'LAKE_COMMIT_UNKNOWN'
  | 'LAKE_QUERY_FAILED'
  | 'LAKE_BUSY'
  | 'LAKE_TIMEOUT'
  | 'LAKE_PROCESS_ENDED'
  | 'LAKE_NOT_REMOTE'
  | 'SQL_INVALID'
  | 'SQL_NOT_ALLOWED'

/** Their part of the one table. */
export const lakeErrorCodes: Readonly<Record<LakeErrorCode, ErrorEntry>> = {
  TABLE_NAME_INVALID: {
    message: (d) => `${shown(d['table'], 'This')} is not the name of a table${because(d)}${meant(d['near'])}`,
    next: 'Write namespace.table, each of small letters, digits and _, beginning with a letter.',
  },
  TABLE_NOT_FOUND: {
    message: ({ table, near, view, none }) => {
      const name = shown(table, '')
      if (view === true)
        return `'${name}' is a view, not a table: it has no versions, and goes by \`lake view ${name} --drop\``
      if (none === true) return `There is no lake here yet${name === '' ? '' : `, and so no table '${name}'`}`
      return `The lake has no ${name === '' ? 'such table' : `table '${name}'`}${meant(near)}`
    },
    next: 'List the tables with `npx sluice lake ls`.',
  },
  TABLE_EXISTS: {
    message: (d) => `${subject('table', d['table'])} is there already${because(d)}`,
    next: 'Take another name, or append to the table that has it.',
  },
  TABLE_VERSION_NOT_FOUND: {
    message: (d) => `${subject('table', d['table'])} has no version${part('called', d['version'])}${because(d)}`,
    next: 'Give a branch, a tag, the id of a snapshot, or a time at which the table was there.',
  },
  TABLE_COLUMN_UNKNOWN: {
    message: (d) => `${subject('table', d['table'])} has no column${part('called', d['column'])}${columns(d['known'])}`,
    next: 'Correct its spelling.',
  },
  TABLE_OWNER_MISSING: {
    message: (d) => `${subject('table', d['table'])} has no owner, and this project asks for one`,
    next: "Say who answers for it: `table('…', { owner: 'data@example.org' })`.",
  },
  TABLE_KEY_MISSING: {
    message: (d) => `${subject('table', d['table'])} has no key to merge by`,
    next: "Name its columns: `table(name, { key: ['id'] })`, or `merge(source, { key: ['id'] })`.",
  },
  LOAD_EXISTS: {
    message: (d) => `${subject('load', d['load'])} was there already${because(d)}`,
    next: 'Nothing was loaded twice: ask for the result of the first one.',
  },
  LOAD_NOT_FOUND: {
    message: (d) => `${subject('table', d['table'])} has no load${part('called', d['load'])} that waits${because(d)}`,
    next: 'List the loads of a table with `npx sluice lake show`, and those that are blocked with `npx sluice lake incidents`.',
  },
  LOAD_BLOCKED: {
    message: (d) => `${subject('load', d['load'])}${part('of', d['table'])} is not published${because(d)}`,
    next: 'The table is as it was. `npx sluice lake incidents` shows the rows; mend the data and run `npx sluice lake publish <table> <load>`, or give the load up with `--drop`.',
  },
  LOAD_SOURCE_INVALID: {
    message: (d) => `This cannot be loaded${because(d)}`,
    next: 'Give paths, globs or URLs of files, a stream of bytes, or rows.',
  },
  LOAD_SOURCE_NOT_FOUND: {
    message: (d) => `There is no file ${shown(d['source'], 'of this name')}`,
    next: 'Relative paths begin at the directory that the process runs in.',
  },
  LOAD_SOURCE_UNREADABLE: {
    message: (d) => `${subject('source', d['source'])} cannot be read${because(d)}`,
    next: 'Nothing was loaded. Look whether the file is whole and of the format that its name says, or name the `format`.',
  },
  LOAD_ROW_INVALID: {
    message: (d) =>
      `${shown(d['row'], '') === '' ? 'A row' : `Row ${shown(d['row'], '')}`} cannot be loaded${because(d)}`,
    next: 'Nothing was loaded. Give plain objects of texts, numbers, booleans, dates, bytes, lists and objects.',
  },
  LOAD_COLUMN_INVALID: {
    message: (d) => `${subject('column', d['column'])}${part('of', d['source'])} has no name of its own${because(d)}`,
    next: "Give it another name: `rename: { 'old name': 'new_name' }`.",
  },
  LOAD_CONTRACT_BROKEN: {
    message: (d) => `The load breaks the contract of the table${because(d)}`,
    next: 'Nothing was loaded. Correct the source, or let the contract allow it.',
  },
  LOAD_REJECTED: {
    message: (d) => `Too many rows${part('of', d['source'])} do not fit${because(d)}`,
    next: 'Nothing was loaded. Correct the source, or allow more with `maxRejected` (`--max-rejected`).',
  },
  LOAD_COUNT_MISMATCH: {
    message: (d) => `Not every row${part('of', d['source'])} is accounted for${because(d)}`,
    next: 'Nothing was loaded. This is a bug of Sluice: please report it with the file.',
  },
  INCIDENT_NOT_FOUND: {
    message: (d) => `There is no incident ${shown(d['incident'], 'of this id')}`,
    next: 'List them with `npx sluice lake incidents --all`.',
  },
  RELEASE_NOT_FOUND: {
    message: (d) => `There is no release ${shown(d['release'], 'of this name')}${because(d)}`,
    next: 'List them with `npx sluice lake releases`.',
  },
  RELEASE_EXISTS: {
    message: (d) => `${subject('release', d['release'])} is there already, with other contents${because(d)}`,
    next: 'Take another name, or move it: `{ move: true }`, `--move`.',
  },
  LOAD_DUPLICATE_KEY: {
    message: (d) => `Rows of the load have the same key${because(d)}`,
    next: 'Nothing was loaded. Say which one is the last with `sequenceBy`, or take all of them with `delete-insert`.',
  },
  LOAD_OUTSIDE_WHERE: {
    message: (d) => `The source has rows that \`where\` does not name${because(d)}`,
    next: 'Nothing was changed. Leave those rows out, or let `where` name them.',
  },
  LOAD_CURSOR_INVALID: {
    message: (d) => `The cursor does not work${part('on', d['source'])}${because(d)}`,
    next: 'Nothing was loaded. Name a column that every row has, or say what becomes of the others.',
  },
  LOAD_RAW_UNAVAILABLE: {
    message: (d) => `There are no raw bytes of ${object('load', d['load'])}${part('of', d['table'])}${because(d)}`,
    next: '`npx sluice lake raw <table>` lists what there is. Copies are kept for as long as `retainRaw` says.',
  },
  LAKE_PATH_INVALID: {
    message: (d) => `${shown(d['key'], 'This')} cannot be the name of a file of the lake${because(d)}`,
    next: 'Give a relative path that stays inside the lake.',
  },
  LAKE_FILE_EXISTS: {
    message: (d) => `${subject('file', d['key'])} of the lake is there already`,
    next: 'Files are never written over: take another name.',
  },
  LAKE_FILE_NOT_FOUND: {
    message: (d) => `${subject('file', d['key'])} of the lake is gone`,
    next: 'Look what else is missing with `npx sluice lake verify`, and restore it from a backup.',
  },
  MODEL_INVALID: {
    message: (d) => `The model${part('in', d['file'])} cannot run${because(d)}`,
    next: 'Nothing was run. Correct the file.',
  },
  MODEL_FAILED: {
    message: (d) => `The model${part('in', d['file'])} failed${because(d)}`,
    next: 'Correct the file, and run the models again: those before it have done their work.',
  },
  FILESET_FILE_NOT_FOUND: {
    message: (d) => `${subject('fileset', d['fileset'])} has no file${part('called', d['file'])}`,
    next: 'List its files with `npx sluice lake files`.',
  },
  LAKE_STORAGE_UNAVAILABLE: {
    message: (d) => `The files of the lake${part('at', d['location'])} cannot be reached${because(d)}`,
    next: 'Bring the storage back, or free some space, and try again: nothing half written is visible.',
  },
  LAKE_STORAGE_DENIED: {
    message: (d) => `The lake${part('at', d['location'])} refuses access${because(d)}`,
    next: 'Give this user the right to read and write there.',
  },
  LAKE_STORAGE_UNKNOWN: {
    message: (d) => `The lake${part('at', d['location'])} cannot be opened${because(d)}`,
    next: 'Give SLUICE_LAKE_URL as s3://bucket/prefix, gs://bucket/prefix or file:///directory.',
  },
  LAKE_CACHE_TOO_SMALL: {
    message: (d) =>
      `The files to be read${part('have', d['needed'])}; the cache of the lake holds ${shown(d['budget'], 'less')}${because(d)}`,
    next: 'Give it more with SLUICE_LAKE_CACHE_SIZE, or read less: a condition on the partition columns leaves files out.',
  },
  LAKE_FOREIGN_CATALOG: {
    message: (d) =>
      `The lake${part('at', d['location'])} belongs to another catalogue${part('with the id', d['owner'])}`,
    next: 'Use the home that wrote it; or take it over with `npx sluice lake adopt`, when that one is gone.',
  },
  LAKE_METADATA_INVALID: {
    message: (d) => `${subject('metadata file', d['file'])} cannot be read${because(d)}`,
    next: 'Check the lake with `npx sluice lake verify`.',
  },
  LAKE_FORMAT_UNSUPPORTED: {
    message: (d) =>
      `The table holds what Sluice does not read${part('yet, the Iceberg format version', d['version'])}${because(d)}`,
    next: 'Sluice reads and writes version 2: let the engine that wrote it make a table of that version, or compact this one.',
  },
  LAKE_VALUE_UNSUPPORTED: {
    message: (d) => `The value ${shown(d['value'], 'of a column')} cannot be in the table${because(d)}`,
    next: 'Leave the row out, or partition by another column.',
  },
  LAKE_CATALOG_NOT_EMPTY: {
    message: (d) => `The catalogue is not empty: it has ${shown(d['tables'], 'tables')}`,
    next: 'Nothing is to be rebuilt while the database is there. Where it is damaged, move it away first (`.sluice/sluice.db`); `npx sluice lake verify` says what is wrong with the files.',
  },
  LAKE_COMMIT_CONFLICT: {
    message: (d) => `${subject('table', d['table'])} has changed meanwhile${because(d)}`,
    next: 'Read it again and repeat the change.',
  },
  LAKE_COMMIT_INVALID: {
    message: (d) => `The change${part('of', d['table'])} makes no valid table${because(d)}`,
    next: 'Nothing was changed. Correct what was to be written.',
  },
  LAKE_COMMIT_UNKNOWN: {
    message: (d) => `Whether ${object('table', d['table'])} was changed is not known${because(d)}`,
    next: 'Repeat the same commit, by its id: it is done once.',
  },
  LAKE_QUERY_FAILED: {
    message: (d) => `A query of the lake failed${because(d)}`,
    next: 'Correct the query, or the values that it reads.',
  },
  LAKE_BUSY: {
    message: () => 'The server has as much work in its lake as it can do at once',
    next: 'Ask again later.',
  },
  LAKE_TIMEOUT: {
    message: (d) => `The lake took longer than this may take${part('with', d['verb'])}`,
    next: 'A change that was committed stays; the same may be asked again. Read less: a `where`, a `limit`, fewer columns. For long work use a task, or the command on the machine of the server.',
  },
  LAKE_PROCESS_ENDED: {
    message: (d) => `The process that does the lake’s work ended${because(d)}`,
    next: 'The server goes on, and the next request gets a new one. When it happens again with the same request, that needs more memory than there is: `SLUICE_LAKE_MEMORY` lets it use the disk earlier.',
  },
  LAKE_NOT_REMOTE: {
    message: (d) => `\`sluice lake ${shown(d['verb'], '')}\` does not go through a server${because(d)}`,
    next: 'Run it in the project on the machine of the server, without `--api-url`, `--profile` and SLUICE_API_URL.',
  },
  SQL_INVALID: {
    message: (d) => `This is no query that the lake can answer${because(d)}`,
    next: 'Write exactly one SELECT over tables of the lake, named namespace.table.',
  },
  SQL_NOT_ALLOWED: {
    message: (d) => `A query reads tables of the lake only, and this one uses ${shown(d['what'], 'something else')}`,
    next: 'Ingest files into a table first, and name the table.',
  },
}

function meant(near: unknown): string {
  const name = shown(near, '')
  return name === '' ? '' : ` (did you mean '${name}'?)`
}

function columns(known: unknown): string {
  const names = shown(known, '')
  return names === '' ? '' : `; it has ${names}`
}
