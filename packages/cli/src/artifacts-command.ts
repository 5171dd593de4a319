import { paintLine, span } from '@sluice/engine/report'
import { artifactLines } from './artifact-lines.ts'
import { callPaths } from './call-paths.ts'
import { exitCodes } from './exit-code.ts'
import { findRun } from './find-run.ts'
import type { CliIo } from './io.ts'
import { printJson } from './print.ts'
import { artifactJson } from './run-json.ts'
import { terminalOf } from './terminal.ts'
import { withHome } from './with-home.ts'

export interface ArtifactsFlags {
  readonly json: boolean
}

/** `sluice runs artifacts <id>`: what a run left to look at; of a root run also what its child runs left. */
export async function artifactsCommand(prefix: string, flags: ArtifactsFlags, io: CliIo): Promise<number> {
  return withHome(io, async (home) => {
    const run = await findRun(home, prefix)
    const all = await home.store.listArtifacts(run.rootId)
    const artifacts = run.parentId === null ? all : all.filter((each) => each.runId === run.id)
    const pathOf = callPaths(home)
    const paths = await Promise.all(artifacts.map(pathOf))
    if (flags.json) {
      printJson(io, { items: artifacts.map((each, i) => ({ of: paths[i], ...artifactJson(each) })) })
      return exitCodes.ok
    }
    const { width, paint } = terminalOf(io)
    const texts = artifacts.map((each, i) => {
      const about = each.description === null ? '' : `  ${each.description}`
      const head = [span(each.key, 'cyan'), span(about), span(`  ${each.kind} of ${paths[i] ?? ''}`, 'dim')]
      const body = artifactLines(each, { width: width - 2, paint }).map((line) => `  ${line}`.trimEnd())
      return [paintLine(head, paint), ...body].join('\n')
    })
    io.stdout.write(`${texts.length === 0 ? 'The run left no artifacts.' : texts.join('\n\n')}\n`)
    return exitCodes.ok
  })
}
