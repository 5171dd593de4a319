import type { ProjectLook } from '@sluice/worker'
import { madeLines } from '../deployments/deploy-command.ts'
import type { CliIo } from '../io.ts'
import { factLines } from '../output/show-list.ts'
import { sampleParameters } from '../output/sample-parameters.ts'
import { terminalOf } from '../output/terminal.ts'
import { problemLines } from './problem-lines.ts'

/** What `sluice dev` says first: where things are, what it found, what to do next. */
export function firstScreen(
  look: ProjectLook,
  at: { readonly url: string; readonly project: string; readonly pid: number },
  io: CliIo,
): string[] {
  const { paint } = terminalOf(io)
  const facts = factLines(
    [
      ['server', at.url],
      ['API', `${at.url}/api/docs`],
      ['project', at.project],
    ],
    io,
  )
  return [
    ...facts,
    '',
    ...flowLines(look, io),
    ...look.deployments.flatMap((made) => madeLines(made, io)),
    ...leftLines(look, io),
    ...problemLines(look.problems, io),
    '',
    ...[...nextSteps(look), `Ctrl-C, or kill ${at.pid}, stops everything`].map(
      (step) => `${paint('dim', '→')} ${step}`,
    ),
  ]
}

/** What a change of the code came to; nothing when nothing did. */
export function changeLines(look: ProjectLook, before: ProjectLook, io: CliIo): string[] {
  const { paint } = terminalOf(io)
  const changed = look.deployments.filter((made) => made.created || made.changed)
  const flows = namesOf(look).filter((name) => !namesOf(before).includes(name))
  const healed = before.problems.length > 0 && look.problems.length === 0
  const lines = [
    ...flows.map((name) => `${paint('green', '+')} flow ${paint('bold', name)}`),
    ...changed.flatMap((made) => madeLines(made, io)),
    ...(sameNames(look.undeclared, before.undeclared) ? [] : leftLines(look, io)),
    ...problemLines(look.problems, io),
    ...(healed ? [`${paint('green', '✓')} everything can be imported again`] : []),
  ]
  const [first = ''] = look.changed
  const more = look.changed.length > 1 ? ` and ${look.changed.length - 1} more` : ''
  return lines.length === 0 ? [] : [paint('dim', `${first}${more} changed (${look.tookMs} ms)`), ...lines]
}

function flowLines({ discovered }: ProjectLook, io: CliIo): string[] {
  const { paint } = terminalOf(io)
  const { flows } = discovered
  if (flows.length === 0)
    return ['No flows yet. They are looked for in flows/**/*.ts and *.flow.ts; or name files: npx sluice dev etl.ts']
  return flows.map(({ name, entrypoint }) => `  ${paint('bold', name)}  ${paint('dim', entrypoint)}`)
}

function leftLines({ undeclared }: ProjectLook, io: CliIo): string[] {
  const { paint } = terminalOf(io)
  return undeclared.map(
    (name) => `${paint('yellow', '!')} ${name} is deployed but not declared: npx sluice deployments rm ${name}`,
  )
}

function nextSteps({ discovered, deployments }: ProjectLook): string[] {
  const [flow] = discovered.flows
  const [made] = deployments
  if (made !== undefined) {
    const { fullName, parameterSchema, parameters } = made.deployment
    return [
      `npx sluice deployments run ${fullName}${sampleParameters(parameterSchema, parameters)} --watch logs`,
      'npx sluice runs ls',
    ]
  }
  if (flow !== undefined)
    return [
      `npx sluice deploy ${flow.entrypoint} --name dev`,
      `npx sluice run ${flow.entrypoint}${sampleParameters(flow.parameterSchema)}`,
    ]
  return ['write a flow; it is found as soon as it is saved']
}

function namesOf({ discovered }: ProjectLook): readonly string[] {
  return discovered.flows.map((flow) => flow.name)
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name))
}
