import { readConfigFile } from '@sluice/api/node'
import { nearest, SluiceError } from '@sluice/core'

type Env = Readonly<Record<string, string | undefined>>

/** A setting of `sluice config`, and the variable of the environment that counts more. */
export interface Setting {
  readonly name: string
  readonly variable: string
  readonly about: string
  readonly fallback: string
  readonly values?: readonly string[]
}

/** All settings there are. */
export const settings: readonly Setting[] = [
  {
    name: 'log',
    variable: 'SLUICE_LOG',
    about: 'how runs of this terminal report',
    fallback: 'live on a terminal, else plain',
    values: ['live', 'plain', 'json', 'silent'],
  },
  {
    name: 'retention',
    variable: 'SLUICE_RETENTION',
    about: "how long ended runs are kept: a duration, or 'off'",
    fallback: '90d',
  },
  {
    name: 'durability',
    variable: 'SLUICE_DURABILITY',
    about: 'full: SQLite survives a power loss too',
    fallback: 'normal',
    values: ['normal', 'full'],
  },
]

/** Throws `OPTION_UNKNOWN`. */
export function settingOf(name: string): Setting {
  const found = settings.find((setting) => setting.name === name)
  if (found !== undefined) return found
  const known = settings.map((setting) => setting.name)
  const near = nearest(name, known)
  const problem = near === undefined ? `there are ${known.join(', ')}` : `did you mean '${near}'?`
  throw new SluiceError('OPTION_INVALID', { option: name, problem: `it is no setting; ${problem}` })
}

/** Throws `OPTION_INVALID` for a value that the setting cannot have. */
export function checkSetting(setting: Setting, value: string): void {
  const { name, values } = setting
  if (values === undefined || values.includes(value)) return
  throw new SluiceError('OPTION_INVALID', { option: name, problem: `'${value}' is not one of ${values.join(', ')}` })
}

/** What the config file sets and the environment does not, as variables of the environment. */
export async function settingVariables(env: Env): Promise<Readonly<Record<string, string>>> {
  const { settings: set } = await readConfigFile(env)
  return Object.fromEntries(
    settings.flatMap(({ name, variable }) => {
      const value = set[name]
      return value === undefined || env[variable] !== undefined ? [] : [[variable, value]]
    }),
  )
}
