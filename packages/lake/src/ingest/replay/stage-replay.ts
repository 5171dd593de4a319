import path from 'node:path'
import { longestRaw, type RejectionReason } from '../careful/rejection.ts'
import { createRowText } from '../source/row-text.ts'
import type { JsonFile, SourceFile } from '../source/source-file.ts'
import { openStagedWriter, type StagedWriter } from '../source/staged-writer.ts'
import type { CsvForm, RawForm } from './raw-form.ts'
import { jsonFacts } from './raw-form.ts'
import { csvLine, csvRow, csvValues, looseRow } from './read-raw-csv.ts'
import { jsonRow } from './read-raw-json.ts'
import type { RejectedRow, ReplayOptions } from './replay-options.ts'

/** A row of the quarantine. */
export interface QuarantineRow extends RawForm {
  readonly row_id: string
  readonly load_id: string
  readonly source_file: string | null
  readonly record: number | null
  readonly reason: RejectionReason
  readonly column_name: string | null
  readonly problem: string
  readonly raw: string
}

/**
 * Makes files of the records of one load that can be read, each of them alone: what one of them has broken does not touch the next.
 * Rows of one source file and form must follow each other. Others stay where they are: texts that were cut, and what no
 * `fix` has made a row of.
 */
export async function stageReplay(
  rows: AsyncIterable<readonly QuarantineRow[]>,
  directory: string,
  fix: ReplayOptions['fix'],
): Promise<readonly SourceFile[]> {
  const files: SourceFile[] = []
  let group: Group | undefined
  try {
    for await (const chunk of rows)
      for (const row of chunk) {
        if (group?.holds(row) !== true) {
          if (group) files.push(await group.end())
          const writer = await openStagedWriter(path.join(directory, `${files.length}.replay`))
          group = row.format === 'csv' ? new CsvGroup(row, writer, fix) : new JsonGroup(row, writer, fix)
        }
        const full = group.add(row)
        if (full) await full
      }
    if (group) files.push(await group.end())
    group = undefined
  } finally {
    await group?.close()
  }
  return files.filter((file) => file.rowIds?.length !== 0)
}

abstract class Group {
  protected readonly first: QuarantineRow
  protected readonly writer: StagedWriter
  protected readonly fix: ReplayOptions['fix']
  protected readonly rowIds: string[] = []

  constructor(first: QuarantineRow, writer: StagedWriter, fix: ReplayOptions['fix']) {
    this.first = first
    this.writer = writer
    this.fix = fix
  }

  holds({ format, dialect, header, source_file: file }: QuarantineRow): boolean {
    const { first } = this
    return first.format === format && first.dialect === dialect && first.header === header && first.source_file === file
  }

  add(row: QuarantineRow): Promise<void> | undefined {
    const line = this.line(row)
    if (line === undefined) return undefined
    this.rowIds.push(row.row_id)
    return this.writer.write(line)
  }

  async end(): Promise<SourceFile> {
    await this.writer.end()
    await this.close()
    return this.file()
  }

  close(): Promise<void> {
    return Promise.resolve(this.writer[Symbol.asyncDispose]())
  }

  protected common(): Pick<JsonFile, 'label' | 'path' | 'identity' | 'records' | 'suspect' | 'rowIds'> {
    const { rowIds, writer, first } = this
    const label = first.source_file ?? undefined
    return { label, path: writer.path, identity: undefined, records: rowIds.length, suspect: undefined, rowIds }
  }

  protected abstract line(row: QuarantineRow): string | undefined
  protected abstract file(): SourceFile
}

class CsvGroup extends Group {
  readonly #form = JSON.parse(this.first.dialect) as CsvForm
  readonly #header = JSON.parse(this.first.header ?? '[]') as readonly string[]

  protected line(row: QuarantineRow): string | undefined {
    const values = row.raw.length < longestRaw ? csvValues(row.raw, this.#form) : undefined
    if (this.fix === undefined) {
      const read = values && isWhole(row) ? csvRow(values, this.#header, this.#form) : undefined
      return read && csvLine(read, this.#header)
    }
    const given = looseRow(values ?? [], this.#header, this.#form.nullText)
    const fixed = this.fix(given, rejectedRow(row, values))
    return fixed && csvLine(fixed, this.#header)
  }

  protected file(): SourceFile {
    const dialect = { delimiter: ',', quote: '"', escape: '"', header: false, columns: this.#header, nullText: [] }
    return { ...this.common(), format: 'csv', dialect, lineEnd: '\n' }
  }
}

class JsonGroup extends Group {
  readonly #text = createRowText()

  protected line(row: QuarantineRow): string | undefined {
    const isCut = row.raw.length >= longestRaw
    if (this.fix === undefined) return isCut || !isWhole(row) ? undefined : `${row.raw.replaceAll('\n', ' ')}\n`
    const fixed = this.fix((isCut ? undefined : jsonRow(row.raw)) ?? {}, rejectedRow(row, undefined))
    return fixed && this.#text.line(fixed)
  }

  protected file(): SourceFile {
    const facts = jsonFacts(this.first.dialect)
    const file: JsonFile = { ...this.common(), format: 'ndjson' }
    if (this.fix === undefined) return { ...file, ...facts }
    // Mended values say for themselves what they are, unless the file said nothing of its values either.
    return facts.kinds === undefined && facts.types === undefined ? file : { ...file, kinds: this.#text.kinds }
  }
}

/** Whether the text is what was in the file, and was a record. */
function isWhole({ reason }: QuarantineRow): boolean {
  return !['ENCODING_INVALID', 'JSON_INVALID', 'RECORD_TOO_LONG'].includes(reason)
}

function rejectedRow(row: QuarantineRow, values: readonly string[] | undefined): RejectedRow {
  return {
    loadId: row.load_id,
    sourceFile: row.source_file ?? undefined,
    record: row.record ?? undefined,
    reason: row.reason,
    column: row.column_name ?? undefined,
    problem: row.problem,
    raw: row.raw,
    values,
  }
}
