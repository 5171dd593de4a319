/** Text as HTML shows it: nothing in it is markup. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** The little Markdown that summaries use: code and paragraphs. */
export function markdown(text: string): string {
  return text
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${escapeHtml(paragraph).replaceAll(/`([^`]+)`/g, '<code>$1</code>')}</p>`)
    .join('')
}

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --accent: light-dark(#0b5cad, #6cb2ff) }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; font: 15px/1.5 system-ui, sans-serif }
a { color: var(--accent) } h1 { margin: 0 } h2 { margin: 2.5rem 0 .5rem; border-bottom: 1px solid var(--line) }
nav { columns: 14rem; margin: 1rem 0; font-size: .9rem } nav a { display: block; text-decoration: none }
details.operation { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0 }
summary { cursor: pointer; padding: .4rem .7rem } details.operation[open] > summary { border-bottom: 1px solid var(--line) }
.inside { padding: .2rem .9rem .9rem } .method { display: inline-block; min-width: 4rem; font: 600 .8rem ui-monospace, monospace }
code, pre { font: .85rem/1.45 ui-monospace, monospace } pre { background: var(--soft); padding: .7rem; overflow: auto; max-height: 28rem }
table { border-collapse: collapse; width: 100% } th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-top: 1px solid var(--line) }
td p { margin: 0 } h4 { margin: 1rem 0 .3rem }`

/** A page that needs nothing but itself. */
export function htmlPage(title: string, body: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title><style>${style}</style></head><body>${body}</body></html>\n`
}
