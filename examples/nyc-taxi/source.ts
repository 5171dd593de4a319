import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Color } from './generated-trips.ts'

/** The public files, as the Data Engineering Zoomcamp keeps them: January 2019 to July 2021. */
export const publicFiles =
  'https://github.com/DataTalksClub/nyc-tlc-data/releases/download/{color}/{color}_tripdata_{year}-{month}.csv.gz'

export interface MonthOfTrips {
  readonly color: Color
  readonly year: number
  readonly month: number
}

/** `yellow_tripdata_2020-04` */
export function fileName({ color, year, month }: MonthOfTrips): string {
  return `${color}_tripdata_${year}-${twoDigits(month)}`
}

/** `yellow 2020-04`, for people: what tells the file at this path from the others. */
export function monthLabel(file: string): string {
  return path.basename(file).replace(/\..*$/, '').replace('_tripdata_', ' ')
}

/**
 * Where one month is: a URL, a path, or `generated:yellow/2020-04?rows=…`. It says everything about the data, so that a
 * task with this one argument can be cached by it.
 *
 * @param source an http(s) URL with {color} {year} {month} in it, a directory, or `generated`
 * @param rows how many a generated month has
 */
export function locate(source: string, month: MonthOfTrips, rows: number): string {
  if (source === 'generated') return `generated:${month.color}/${month.year}-${twoDigits(month.month)}?rows=${rows}`
  if (/^https?:\/\//.test(source)) {
    return source
      .replaceAll('{color}', month.color)
      .replaceAll('{year}', String(month.year))
      .replaceAll('{month}', twoDigits(month.month))
  }
  return localFile(source, month)
}

function localFile(directory: string, month: MonthOfTrips): string {
  const { color, year } = month
  const names = [fileName(month), `${color}_tripdata_sample_${year}-${twoDigits(month.month)}`]
  const files = names.flatMap((name) => [`${name}.csv.gz`, `${name}.csv`]).map((name) => path.resolve(directory, name))
  const found = files.find((file) => existsSync(file))
  if (found === undefined)
    throw new Error(`${path.resolve(directory)} has none of ${files.map((file) => path.basename(file)).join(', ')}`)
  return found
}

/**
 * Settles what `auto` means: the public files where they can be reached within three seconds, made-up ones otherwise.
 * The second value says so in a sentence, when there was a choice.
 */
export async function chooseSource(
  source: string,
  month: MonthOfTrips,
  signal: AbortSignal,
  candidate = publicFiles,
): Promise<{ source: string; why?: string }> {
  if (source !== 'auto') return { source }
  const reason = await whyUnreachable(locate(candidate, month, 0), signal)
  if (reason === undefined) return { source: candidate }
  return { source: 'generated', why: `The public files cannot be reached (${reason}): using generated trips instead.` }
}

async function whyUnreachable(url: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    const response = await fetch(url, { method: 'HEAD', signal: AbortSignal.any([signal, AbortSignal.timeout(3_000)]) })
    return response.ok ? undefined : `HTTP ${response.status}`
  } catch (error) {
    signal.throwIfAborted()
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return cause instanceof Error ? cause.message : String(cause)
  }
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
