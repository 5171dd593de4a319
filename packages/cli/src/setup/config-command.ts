import { configFilePath, readConfigFile, writeConfigFile } from '@sluice/api/node'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { printJson } from '../output/print.ts'
import { cell, showOne } from '../output/show-list.ts'
import { tableLines } from '../output/table.ts'
import { pageOf } from '../output/terminal.ts'
import { checkSetting, type Setting, settingOf, settings } from './settings.ts'

interface Flags {
  readonly json: boolean
}

interface Told {
  readonly name: string
  readonly value: string
  readonly from: 'environment' | 'config' | 'default'
  readonly about: string
}

/** `sluice config ls`: every setting, what it is, and where that comes from. */
export async function listConfig(flags: Flags, io: CliIo): Promise<number> {
  const items = await Promise.all(settings.map((setting) => told(setting, io)))
  const file = configFilePath(io.env)
  if (flags.json) printJson(io, { file, items, next: null })
  else {
    const columns = [
      { title: 'SETTING' },
      { title: 'VALUE', give: 1 },
      { title: 'FROM' },
      { title: 'WHAT', give: 2, drop: 1 },
    ]
    const rows = items.map(({ name, value, from, about }) => [cell(name, 'bold'), cell(value), cell(from), cell(about)])
    io.stdout.write(`${tableLines(columns, rows, pageOf(io)).join('\n')}\nin ${file}\n`)
  }
  return exitCodes.ok
}

/** `sluice config get <setting>`: its value alone, for pipes. */
export async function getConfig(name: string, flags: Flags, io: CliIo): Promise<number> {
  const setting = await told(settingOf(name), io)
  return showOne(setting, () => [setting.value], flags.json, io)
}

/** `sluice config set <setting> [value]`: without a value it is no longer set. */
export async function setConfig(name: string, value: string | undefined, flags: Flags, io: CliIo): Promise<number> {
  const setting = settingOf(name)
  if (value !== undefined) checkSetting(setting, value)
  const config = await readConfigFile(io.env)
  const { [name]: _, ...others } = config.settings
  await writeConfigFile(io.env, { ...config, settings: value === undefined ? others : { ...others, [name]: value } })
  const now = await told(setting, io)
  const hidden = now.from === 'environment' ? ` ${setting.variable} counts more and is ${now.value}.` : ''
  return showOne(now, () => [`${name} is ${value ?? setting.fallback}.${hidden}`], flags.json, io)
}

async function told({ name, variable, about, fallback }: Setting, io: CliIo): Promise<Told> {
  const given = io.env[variable]
  if (given !== undefined) return { name, value: given, from: 'environment', about }
  const set = (await readConfigFile(io.env)).settings[name]
  return set === undefined
    ? { name, value: fallback, from: 'default', about }
    : { name, value: set, from: 'config', about }
}
