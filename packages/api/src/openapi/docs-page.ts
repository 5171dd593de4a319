import { type ErrorCode, errorCodes, type Json } from '@sluice/core'
import { statusOf } from '../problem-status.ts'
import { escapeHtml, htmlPage, markdown } from './html.ts'

type Doc = Readonly<Record<string, Json>>

/** An OpenAPI document as one page for people. */
export function docsPage(document: Doc): string {
  const operations = operationsOf(document)
  const tags = (document['tags'] as readonly Doc[]).map((tag) => told(tag['name']))
  const nav = tags.map((tag) => `<a href="#${anchor(tag)}">${escapeHtml(tag)}</a>`).join('')
  const sections = tags.map((tag) => {
    const inside = operations.filter(({ operation }) => (operation['tags'] as readonly Json[])[0] === tag)
    return `<h2 id="${anchor(tag)}">${escapeHtml(tag)}</h2>${inside.map(operationHtml).join('')}`
  })
  const schemas = Object.entries((document['components'] as Doc)['schemas'] as Doc).map(
    ([name, schema]) =>
      `<details class="operation" id="schema-${anchor(name)}"><summary><code>${escapeHtml(name)}</code></summary>
<div class="inside">${json(schema)}</div></details>`,
  )
  const info = document['info'] as Doc
  const intro = `<h1>${escapeHtml(told(info['title']))} API</h1>
<p>Version ${escapeHtml(told(info['version']))} · <a href="/api/openapi.json">OpenAPI document</a> · <a href="/api/docs/errors">errors</a></p>`
  return htmlPage(
    'Sluice API',
    `${intro}<nav>${nav}<a href="#schemas">Schemas</a></nav>${sections.join('')}
<h2 id="schemas">Schemas</h2>${schemas.join('')}`,
  )
}

/** Every error code, with what it means and what to do: where the `type` of a problem document leads. */
export function errorsPage(): string {
  const rows = (Object.keys(errorCodes) as ErrorCode[]).map((code) => {
    const { message, next } = errorCodes[code]
    return `<tr id="${code}"><td><code>${code}</code></td><td>${statusOf(code)}</td><td>${markdown(`${message({})}.`)}</td>
<td>${markdown(next)}</td></tr>`
  })
  const head = '<tr><th>Code</th><th>Status</th><th>What happened</th><th>What to do</th></tr>'
  return htmlPage(
    'Sluice errors',
    `<h1>Errors</h1><p><a href="/api/docs">API</a></p><table>${head}${rows.join('')}</table>`,
  )
}

interface Shown {
  readonly method: string
  readonly path: string
  readonly operation: Doc
}

function operationsOf(document: Doc): readonly Shown[] {
  return Object.entries(document['paths'] as Doc).flatMap(([path, methods]) =>
    Object.entries(methods as Doc).map(([method, operation]) => ({ method, path, operation: operation as Doc })),
  )
}

function operationHtml({ method, path, operation }: Shown): string {
  const { operationId, summary, description = '', parameters = [], requestBody, responses } = operation
  return `<details class="operation" id="${told(operationId)}"><summary><span class="method">${method.toUpperCase()}</span>
<code>${escapeHtml(path)}</code> ${escapeHtml(told(summary))}</summary><div class="inside">
<p><code>${told(operationId)}</code></p>${markdown(told(description))}
${parametersHtml(parameters as readonly Doc[])}${requestBody === undefined ? '' : `<h4>Body</h4>${bodyHtml(requestBody as Doc)}`}
<h4>Answers</h4><table>${Object.entries(responses as Doc)
    .map(answerHtml)
    .join('')}</table></div></details>`
}

function parametersHtml(parameters: readonly Doc[]): string {
  if (parameters.length === 0) return ''
  const rows = parameters.map(
    ({ name, in: where, required, description = '', schema }) =>
      `<tr><td><code>${escapeHtml(told(name))}</code>${required === true ? ' *' : ''}</td><td>${told(where)}</td>
<td>${markdown(told(description))}<code>${escapeHtml(JSON.stringify(schema))}</code></td></tr>`,
  )
  return `<h4>Parameters</h4><table>${rows.join('')}</table>`
}

function answerHtml([status, answer]: readonly [string, Json]): string {
  const { description = '', content } = answer as Doc
  const body = content === undefined || status >= '400' ? '' : bodyHtml(answer as Doc)
  return `<tr><td>${status}</td><td>${markdown(told(description))}${body}</td></tr>`
}

function bodyHtml({ content }: Doc): string {
  return Object.entries(content as Doc)
    .map(([type, body]) => `<p><code>${type}</code></p>${json((body as Doc)['schema'] ?? {})}`)
    .join('')
}

/** JSON with its references as links. */
function json(schema: Json): string {
  const text = escapeHtml(JSON.stringify(schema, null, 2))
  return `<pre>${text.replaceAll(/#\/components\/schemas\/(\w+)/g, (_, name: string) => `<a href="#schema-${anchor(name)}">${name}</a>`)}</pre>`
}

function anchor(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
}

function told(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
