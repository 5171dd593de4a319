import type { VariableJson } from '@sluice/api'
import type { Json } from '@sluice/core'
import { withClient } from '../connect/with-client.ts'
import { exitCodes } from '../exit-code.ts'
import type { CliIo } from '../io.ts'
import { microsOf } from '../output/micros.ts'
import { resultText } from '../output/print.ts'
import { cell, showList, showOne } from '../output/show-list.ts'
import { agoText } from '../output/time-text.ts'
import { parseValue } from '../runs/parameters.ts'
import { readAll } from '../runs/read-all.ts'

interface Flags {
  readonly json: boolean
}

/** `sluice variables ls` */
export async function listVariables(flags: Flags, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const variables = await readAll((after) => client.listVariables({ query: { limit: 1000, ...after } }))
    const now = io.now()
    const view = {
      columns: [{ title: 'VARIABLE' }, { title: 'VALUE', give: 1 }, { title: 'CHANGED', drop: 1 }],
      row: (variable: VariableJson) => [
        cell(variable.name, 'bold'),
        cell(JSON.stringify(variable.value)),
        cell(agoText(microsOf(variable.updatedAt), now)),
      ],
      empty: 'There are no variables. Set one: npx sluice variables set <name> <value>',
    }
    return showList(variables, view, flags.json, io)
  })
}

/** `sluice variables get <variable>`: its value alone, for pipes. */
export async function getVariable(name: string, flags: Flags, io: CliIo): Promise<number> {
  return withClient(io, async (client) => {
    const variable = await client.getVariable({ params: { variable: name } })
    return showOne(variable, () => [resultText(variable.value) ?? ''], flags.json, io)
  })
}

/** `sluice variables set <variable> <value>`: JSON where it is JSON, else text. */
export async function setVariable(name: string, text: string, flags: Flags, io: CliIo): Promise<number> {
  const value = parseValue(text) as Json
  return withClient(io, async (client) => {
    const variable = await client.putVariable({ params: { variable: name }, body: { value } })
    return showOne(variable, () => [`Variable ${variable.name} is ${JSON.stringify(variable.value)}.`], flags.json, io)
  })
}

/** `sluice variables rm <variable>` */
export async function removeVariable(name: string, io: CliIo): Promise<number> {
  await withClient(io, (client) => client.deleteVariable({ params: { variable: name } }))
  io.stdout.write(`Variable ${name} is gone.\n`)
  return exitCodes.ok
}
