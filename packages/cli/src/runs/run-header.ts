import { fromStoredError, isTerminal, type Micros } from '@sluice/core'
import {
  cancelCause,
  countText,
  errorLines,
  shortId,
  span,
  stateGlyph,
  stateWord,
  type Line,
} from '@sluice/engine/report'
import type { Artifact, TaskRunCounts } from '@sluice/store'
import { inspect } from 'node:util'
import type { RunFacts } from './run-source.ts'
import { findNode, type TreeNode } from './run-tree.ts'
import { agoText, localTime, tookText } from '../output/time-text.ts'
import { waitingText } from '../output/waiting-text.ts'

/** The facts above the tree of `runs show`. */
export function headerLines(
  run: RunFacts,
  facts: { readonly counts: TaskRunCounts; readonly parameters: unknown; readonly now: Micros },
): Line[] {
  const { glyph, style } = stateGlyph(run.state)
  const title = run.name === null || run.name === run.flow ? run.flow : `${run.flow} “${run.name}”`
  const lines: Line[] = [
    [
      span(`${glyph} `, style),
      span(title, 'bold'),
      span(` ${stateWord(run.state)}`, style),
      span(`  ${run.id}`, 'dim'),
    ],
    [span(`  ${whenText(run, facts.now)}`)],
    [span(`  ${countsText(facts.counts, isTerminal(run.state.type))}`)],
  ]
  if (facts.parameters !== undefined && facts.parameters !== null)
    lines.push([
      span(
        `  parameters ${inspect(facts.parameters, { breakLength: Infinity, depth: 4, maxArrayLength: 20, maxStringLength: 200 })}`,
      ),
    ])
  const origin = originText(run)
  if (origin !== '') lines.push([span(`  ${origin}`, 'dim')])
  if (run.timeline.length > 2)
    lines.push([span(`  ${run.timeline.map(([name, at]) => `${name} ${localTime(at).slice(11)}`).join(' → ')}`, 'dim')])
  if (run.nondeterministic)
    lines.push([
      span('  It did other work after a resume than before: its code or its inputs changed meanwhile.', 'yellow'),
    ])
  return lines
}

/** What follows the tree: the error with its causes, artifacts, why it is not running, and what to do next. */
export function footerLines(
  run: RunFacts,
  facts: { readonly artifacts: readonly Artifact[]; readonly tree: TreeNode; readonly now: Micros },
): Line[] {
  const error =
    run.error === null || run.state.type === 'cancelled'
      ? []
      : errorLines(fromStoredError(run.error)).map((text, i): Line => [
          span(`${i === 0 ? '' : '  '}${text}`, i === 0 ? 'red' : 'dim'),
        ])
  const artifacts = facts.artifacts.map((artifact): Line => [
    span(`${artifact.key} `, 'cyan'),
    span(artifactText(artifact)),
    span(`  of ${writerOf(artifact, facts.tree)}`, 'dim'),
  ])
  const waiting = waitingText(run.state, facts.now)
  return [
    ...section('Error', error),
    ...section('Artifacts', artifacts),
    ...section('Why is it not running?', waiting === undefined ? [] : [[span(`It ${waiting}.`)]]),
    ...section(
      'Next',
      nextSteps(run).map((text): Line => [span(text)]),
    ),
  ]
}

function section(title: string, lines: readonly Line[]): Line[] {
  return lines.length === 0 ? [] : [[], [span(title, 'bold')], ...lines.map((line): Line => [span('  '), ...line])]
}

function whenText(run: RunFacts, now: Micros): string {
  const started =
    run.startedAt === null
      ? `created ${localTime(run.createdAt)}`
      : `started ${localTime(run.startedAt)} (${agoText(run.startedAt, now)})`
  const took = tookText(run, now)
  const parts = [started]
  if (took !== '') parts.push(isTerminal(run.state.type) ? `took ${took}` : `runs for ${took}`)
  if (run.attempt > 1) parts.push(`attempt ${run.attempt}`)
  // The count includes the crash just had: one alone says nothing about progress.
  if (run.crashCount > 1) parts.push(`${run.crashCount} crashes without progress between them`)
  const message = cancelCause(run.error === null ? undefined : fromStoredError(run.error), run.state.message)
  if (message !== undefined) parts.push(message)
  return parts.join(' · ')
}

function countsText(counts: TaskRunCounts, over: boolean): string {
  const parts = (['completed', 'cached', 'failed', 'cancelled', 'other'] as const).flatMap((name) =>
    counts[name] > 0
      ? [`${countText(counts[name])} ${name === 'other' ? (over ? 'interrupted' : 'under way') : name}`]
      : [],
  )
  const retries =
    counts.retries > 0 ? `, ${countText(counts.retries)} ${counts.retries === 1 ? 'retry' : 'retries'}` : ''
  return `${countText(counts.total)} ${counts.total === 1 ? 'task' : 'tasks'}${parts.length === 0 ? '' : `: ${parts.join(', ')}`}${retries}`
}

function originText(run: RunFacts): string {
  const parts: string[] = []
  if (run.entrypoint !== null) parts.push(`from ${run.entrypoint}`)
  if (run.parentId !== null) parts.push(`child of ${run.parentId}`)
  if (run.rerunOf !== null) parts.push(`repeats ${run.rerunOf}`)
  if (run.tags.length > 0) parts.push(`tags ${run.tags.join(', ')}`)
  if (run.owner !== null && !isTerminal(run.state.type)) parts.push(`process ${run.owner.pid} on ${run.owner.host}`)
  return parts.join(' · ')
}

function writerOf(artifact: Artifact, tree: TreeNode): string {
  const node = findNode(tree, artifact.taskRunId ?? artifact.runId)
  return node?.runName ?? node?.name ?? artifact.runId
}

function artifactText(artifact: Artifact): string {
  const what = artifact.description ?? contentText(artifact)
  return `${artifact.kind}${what === '' ? '' : `  ${what}`}`
}

function contentText({ kind, data }: Artifact): string {
  if (kind === 'table') return `${Array.isArray(data['rows']) ? data['rows'].length : 0} rows`
  const text = kind === 'link' ? data['url'] : data['markdown']
  return typeof text === 'string' ? (text.trim().split('\n')[0] ?? '') : ''
}

function nextSteps(run: RunFacts): string[] {
  const root = shortId(run.rootId)
  const logs = `npx sluice runs logs ${shortId(run.id)}`
  if (!isTerminal(run.state.type)) return [`npx sluice runs cancel ${root}`, logs]
  if (run.entrypoint === null && run.parentId === null) return [logs]
  if (run.state.type === 'completed')
    return [`npx sluice runs rerun ${root}    a new run with the same parameters`, logs]
  return [
    `npx sluice runs retry ${root}    continues it, without repeating what is done`,
    `npx sluice runs rerun ${root}    starts over`,
    logs,
  ]
}
