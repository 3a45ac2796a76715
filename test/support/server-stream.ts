import { within } from './server-wait.ts'

/** One event as it stands on the wire: its fields, unparsed. */
export type WireEvent = { readonly id?: string; readonly event?: string; readonly data?: string }

async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<WireEvent> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const bytes of body) {
    const blocks = (rest + decoder.decode(bytes, { stream: true })).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks)
      if (!block.startsWith(':'))
        yield Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s, 2)))
  }
}

/** Opens a stream of server-sent events with nothing but `fetch`, so that a test sees what is sent. */
export const openStream = async (url: string, headers: Record<string, string> = {}) => {
  const connection = new AbortController()
  const response = await fetch(url, { headers, signal: connection.signal })
  const events = response.body ? readEvents(response.body) : undefined

  /** The next event, a heartbeat included. */
  const nextOfAny = async (): Promise<WireEvent> => {
    const result = await within(30_000, events?.next(), 'an event on the stream')
    if (!result || result.done) throw new Error(`the stream ended (${response.status})`)
    return result.value
  }

  /** The next announcement of a version. */
  const next = async (): Promise<WireEvent> => {
    for (;;) {
      const event = await nextOfAny()
      if (event.event !== 'heartbeat') return event
    }
  }

  /** Reads until the event of this version. Returns the versions before it. */
  const until = async (version: number): Promise<number[]> => {
    const versions: number[] = []
    while (!versions.includes(version)) versions.push(Number((await next()).id))
    return versions
  }

  return { response, next, nextOfAny, until, close: () => connection.abort() }
}

export type OpenStream = Awaited<ReturnType<typeof openStream>>
