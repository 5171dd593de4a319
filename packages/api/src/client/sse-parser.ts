/** One message of a stream of server-sent events. A message without data has the event ''. */
export interface SseMessage {
  readonly id: string
  readonly event: string
  readonly data: string
}

/**
 * Reads server-sent events from bytes as they come, cut anywhere. The id stays in force until another is sent; a block with an id
 * and no data moves the cursor only.
 */
export function sseParser(): (chunk: Uint8Array) => SseMessage[] {
  const decoder = new TextDecoder()
  let rest = ''
  let id = ''
  return (chunk) => {
    const blocks = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n\r?\n/)
    rest = blocks.pop() ?? ''
    return blocks.flatMap((block) => {
      const message = readBlock(block, id)
      id = message.id
      return message.event === '' && !/^id:/m.test(block) ? [] : [message]
    })
  }
}

function readBlock(block: string, before: string): SseMessage {
  let id = before
  let event = ''
  const data: string[] = []
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    const value = line.slice(colon + 1).replace(/^ /, '')
    const field = line.slice(0, colon)
    if (field === 'id') id = value
    else if (field === 'event') event = value
    else if (field === 'data') data.push(value)
  }
  return data.length === 0 ? { id, event: '', data: '' } : { id, event: event || 'message', data: data.join('\n') }
}
