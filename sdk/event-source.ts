import type { OpenEventSource, StreamEvent } from './stream.ts'
import { createAbort } from './request.ts'

/* Servers have `fetch` and no EventSource. This is the part of EventSource (HTML standard, 9.2) that the client uses. */

/** A line of a stream is short. Anything longer is not our service. */
const MAX_LINE_LENGTH = 65_536

/** Reads the events of a stream out of its text, which comes in pieces. */
export const createEventParser = (emit: (event: StreamEvent) => void) => {
  let rest = ''
  let type = ''
  let hasData = false
  let lastEventId = ''

  const readLine = (line: string) => {
    if (line === '') {
      // An event without data is not dispatched.
      if (hasData) emit({ type: type || 'message', lastEventId })
      type = ''
      hasData = false
      return
    }
    const [, name, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (name === 'event') type = value
    if (name === 'data') hasData = true
    if (name === 'id') lastEventId = value
  }

  return (text: string): void => {
    // A carriage return at the end may be the first half of a line end.
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/)
    rest = lines.pop() ?? ''
    if (rest.length > MAX_LINE_LENGTH) throw new Error('the event stream has a line without an end')
    lines.forEach(readLine)
  }
}

const sources = new WeakMap<typeof fetch, OpenEventSource>()

/** Returns an EventSource class on top of `fetch`; the same class for the same `fetch`, so that clients share a stream. */
export const getFetchEventSource = (fetch: typeof globalThis.fetch): OpenEventSource => {
  const existing = sources.get(fetch)
  if (existing) return existing

  class FetchEventSource {
    private readonly listeners = new Map<string, (event: StreamEvent) => void>()
    private readonly abort = createAbort()
    private isClosed = false

    constructor(url: string) {
      this.follow(url).catch(() => this.emit({ type: 'error' }))
    }

    addEventListener(type: string, listener: (event: StreamEvent) => void) {
      this.listeners.set(type, listener)
    }

    close() {
      this.isClosed = true
      this.abort?.abort()
    }

    private readonly emit = (event: StreamEvent) => {
      if (!this.isClosed) this.listeners.get(event.type)?.(event)
    }

    private async follow(url: string) {
      const response = await fetch(url, {
        headers: { Accept: 'text/event-stream' },
        ...(this.abort && { signal: this.abort.signal }),
      })
      const reader = response.body?.getReader()
      if (!response.ok || !reader) throw new Error(`the event stream answered ${response.status}`)
      const parse = createEventParser(this.emit)
      const decoder = new TextDecoder()
      while (!this.isClosed) {
        const { done, value } = await reader.read()
        if (done) throw new Error('the event stream ended')
        parse(decoder.decode(value, { stream: true }))
      }
      // Without an AbortSignal this is what ends the request.
      await reader.cancel()
    }
  }

  sources.set(fetch, FetchEventSource)
  return FetchEventSource
}
