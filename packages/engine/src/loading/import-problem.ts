import { firstUserFrame } from '../report/error-text.ts'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Why a file did not import, with what to change, for the mistakes that Node's own message does not explain to someone
 * who writes TypeScript. Undefined when the error speaks for itself.
 */
export function importProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error ? error.code : undefined
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX' || /not supported in strip-only mode/.test(error.message)) {
    return 'it has TypeScript that is more than types (enum, namespace, parameter property), which Node cannot strip: use a union or an object in its place, and set erasableSyntaxOnly in tsconfig.json'
  }
  if (code === 'ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING')
    return 'Node strips no types below node_modules: import built JavaScript from there'
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
    return 'Node runs .ts, .mts, .js and .mjs files; .tsx and others must be built first'
  if (code === 'ERR_UNSUPPORTED_DIR_IMPORT') return "a directory is imported: name its file, as './dir/index.ts'"
  if (code === 'ERR_MODULE_NOT_FOUND') return missingModule(error)
  return syntaxProblem(error)
}

/** Where it went wrong: for a syntax error the head of its stack, else the first frame in the user's code. */
export function importPlace(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const head = /^(?:file:\/\/)?(\/[^\n]+:\d+)\n/.exec(error.stack ?? '')?.[1]
  return head ?? firstUserFrame(error)
}

function missingModule(error: Error): string | undefined {
  const url = 'url' in error && typeof error.url === 'string' ? error.url : undefined
  if (url === undefined) {
    const name = /Cannot find package '([^']+)'/.exec(error.message)?.[1]
    return name === undefined ? undefined : `the package '${name}' is not installed: npm install ${name}`
  }
  const file = url.startsWith('file:') ? fileURLToPath(url) : url
  const meant = [`${file}.ts`, `${file}.js`, file.replace(/\.js$/, '.ts'), `${file}/index.ts`].find(
    (each) => each !== file && existsSync(each),
  )
  return meant === undefined
    ? `it imports '${file}', which does not exist`
    : `it imports '${file}': write the whole name, '${meant}'`
}

function syntaxProblem(error: Error): string | undefined {
  const { message } = error
  if (/Cannot use import statement outside a module|Unexpected token 'export'/.test(message)) {
    return 'it is taken for CommonJS: set "type": "module" in package.json, or name it .mts'
  }
  if (/(require|module|exports|__dirname|__filename) is not defined/.test(message)) {
    return `${message}: it is an ES module; use import (and import.meta.dirname)`
  }
  const missing = /does not provide an export named '([^']+)'/.exec(message)?.[1]
  return missing === undefined
    ? undefined
    : `${message.replace(/\.$/, '')}; where '${missing}' is a type, write "import type"`
}
