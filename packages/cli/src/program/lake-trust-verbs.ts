import type { Command } from 'commander'
import { examples, type JsonOptions, jsonOption, type Verbs } from './options.ts'

const tableHelp = 'namespace.table'

/** What keeps bad rows away from readers: checks, incidents, blocked loads, releases. */
export function addLakeTrustVerbs(lake: Command, verbs: Verbs): void {
  addChecks(lake, verbs)
  addIncidents(lake, verbs)
  addPublish(lake, verbs)
  addReleases(lake, verbs)
}

function addChecks(lake: Command, { io, done }: Verbs): void {
  lake
    .command('checks')
    .description('show the checks of a table, and what they said of its current version')
    .argument('<table>', tableHelp)
    .option('--run', 'ask them now; ends with 1 when one that blocks fails')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake checks bronze.trips', 'sluice lake checks bronze.trips --run']))
    .action(async (table: string, { run, json }: JsonOptions & { readonly run?: true }) => {
      const { showChecks } = await import('../lake/checks-command.ts')
      done(await showChecks(table, { run: run === true, json: json === true }, io))
    })
}

function addIncidents(lake: Command, { io, done }: Verbs): void {
  const incidents = lake.command('incidents').description('loads that went wrong: blocked by a check, or rejected')
  incidents
    .command('ls', { isDefault: true })
    .description('list those that are open, newest first')
    .argument('[table]', tableHelp)
    .option('--all', 'those that are resolved, too')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake incidents', 'sluice lake incidents bronze.trips --all']))
    .action(async (table: string | undefined, { all, json }: JsonOptions & { readonly all?: true }) => {
      const { listAllIncidents } = await import('../lake/incidents-command.ts')
      done(await listAllIncidents(table, { all: all === true, json: json === true }, io))
    })
  incidents
    .command('show')
    .description('show an incident, what the checks said, and what can be done')
    .argument('<incident>', 'its id, or how that begins')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake incidents show 1c9e6679']))
    .action(async (id: string, options: JsonOptions) => {
      const { showIncident } = await import('../lake/incidents-command.ts')
      done(await showIncident(id, { json: options.json === true }, io))
    })
  incidents
    .command('resolve')
    .description('say that an incident is settled; the load stays what it is')
    .argument('<incident>', 'its id, or how that begins')
    .option('--note <text>', 'what was done')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake incidents resolve 1c9e6679 --note "sent back to the vendor"']))
    .action(async (id: string, { note, json }: JsonOptions & { readonly note?: string }) => {
      const { settleIncident } = await import('../lake/incidents-command.ts')
      done(await settleIncident(id, { note, json: json === true }, io))
    })
}

interface PublishOptions extends JsonOptions {
  readonly force?: true
  readonly drop?: true
}

function addPublish(lake: Command, { io, done }: Verbs): void {
  lake
    .command('publish')
    .description('check a blocked load again and publish it, or drop it')
    .argument('<table>', tableHelp)
    .argument('<load>', 'the id of the load, as the incident has it')
    .option('--force', 'publish it in spite of checks that fail; the incident says so')
    .option('--drop', 'give it up: its rows never come into the table')
    .addOption(jsonOption())
    .addHelpText(
      'after',
      examples(['sluice lake publish bronze.trips january', 'sluice lake publish bronze.trips january --drop']),
    )
    .action(async (table: string, load: string, { force, drop, json }: PublishOptions) => {
      const { publish } = await import('../lake/publish-command.ts')
      done(await publish(table, load, { force: force === true, drop: drop === true, json: json === true }, io))
    })
}

function addReleases(lake: Command, { io, done }: Verbs): void {
  lake
    .command('release')
    .description('name the current versions of several tables, together; the same again changes nothing')
    .argument('<name>', 'letters, digits, _, - and .')
    .argument('<tables...>', `${tableHelp}, or namespace.table@version`)
    .option('--move', 'when it is there with other tables or versions')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake release 2026-01 bronze.trips bronze.zones gold.revenue']))
    .action(async (name: string, tables: readonly string[], { move, json }: JsonOptions & { readonly move?: true }) => {
      const { release } = await import('../lake/release-command.ts')
      done(await release(name, tables, { move: move === true, json: json === true }, io))
    })
  lake
    .command('releases')
    .description('list releases, with their tables')
    .addOption(jsonOption())
    .addHelpText('after', examples(['sluice lake releases']))
    .action(async (options: JsonOptions) => {
      const { showReleases } = await import('../lake/release-command.ts')
      done(await showReleases({ json: options.json === true }, io))
    })
}
