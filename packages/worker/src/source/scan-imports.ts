const comments = /\/\*[\s\S]*?\*\/|(?<![:'"`\w\\])\/\/[^\n]*/g
const patterns: readonly RegExp[] = [
  // import … from './x.ts', export … from './x.ts', import './x.ts'
  /\b(?:import|export)\b[^'"`;]*?\bfrom\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g,
  /\bimport\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g,
  // import('./x.ts'), require('./x.cjs'), import.meta.resolve('./x.ts'), new URL('./x.sql', import.meta.url)
  /\b(?:import|require|resolve)\s*\(\s*(['"`])(\.{1,2}\/[^'"`\n$]+)\1/g,
  /\bnew\s+URL\s*\(\s*(['"`])(\.{1,2}\/[^'"`\n$]+)\1\s*,\s*import\.meta\.url/g,
]

/**
 * The relative paths that a module names: imports of every form, and files it reads beside itself by `new URL(…, import.meta.url)`.
 * By patterns, not by a parser: what a string only looks like costs nothing but a file too many.
 */
export function scanImports(code: string): readonly string[] {
  const text = code.replaceAll(comments, '')
  const found = new Set<string>()
  for (const pattern of patterns) {
    for (const [, , specifier] of text.matchAll(pattern)) if (specifier !== undefined) found.add(specifier)
  }
  return [...found]
}
