import { type Command, InvalidArgumentError, Option } from 'commander'
import type { CliIo } from '../io.ts'
import type { ParameterFlags } from '../runs/parameters.ts'
import { isRunName } from '../runs/run-name.ts'

/** What every group of verbs gets: where to write, and whom to tell the exit code. */
export interface Verbs {
  readonly io: CliIo
  /** Takes the exit code of the verb that ran. */
  readonly done: (code: number) => void
}

export interface JsonOptions {
  readonly json?: true
}

export interface ParameterOptions {
  readonly param?: string[]
  readonly params?: string
}

export const idHelp = "a run's id, or as much of its beginning as is unique, or 'last' for the newest run"

export function flagsOf(options: ParameterOptions): ParameterFlags {
  return { param: options.param ?? [], params: options.params }
}

export function withParameters(command: Command): Command {
  return command
    .option(
      '-p, --param <name=value>',
      'a parameter: JSON where it is JSON, else text; a.b=1 for nested ones (repeatable)',
      collect,
    )
    .option('--params <json>', 'all parameters as a JSON object, or @file; -p wins')
}

export function jsonOption(description = 'print JSON'): Option {
  return new Option('--json', description)
}

export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value]
}

export function runName(text: string): string {
  if (isRunName(text)) return text
  throw new InvalidArgumentError("It is neither 'last' nor the beginning of a run's id (four characters or more).")
}

export function runNames(text: string, before: readonly string[] = []): string[] {
  return [...before, runName(text)]
}

/** A whole number within bounds, told in words when it is none. */
export function whole(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isInteger(value) || value < from || value > to)
      throw new InvalidArgumentError(`It is a whole number from ${from} to ${to}.`)
    return value
  }
}

export const limit: (text: string) => number = whole(1, 1000)

export function examples(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ npx ${line}`).join('\n')}\n`
}

/** Of an option that may be given several times: all of its texts. */
export function several(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

/** Of an option that takes a list: `a,b`. */
export function list(text: string): readonly string[] {
  return text.split(',').filter((part) => part !== '')
}
