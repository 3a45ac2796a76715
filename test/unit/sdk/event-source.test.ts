import * as fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { createEventParser, getFetchEventSource } from '../../../sdk/event-source.ts'
import type { StreamEvent } from '../../../sdk/stream.ts'

const parseAll = (chunks: readonly string[]) => {
  const events: StreamEvent[] = []
  const parse = createEventParser((event) => events.push(event))
  chunks.forEach(parse)
  return events
}

const TEXT = [
  ': a comment',
  '',
  'id: 7',
  'event: heartbeat',
  'data: {}',
  '',
  'id: 8',
  'data: {"type":"refetchEvaluation"}',
  'data: more',
  '',
  'event: no-data',
  '',
  'data',
  '',
  'unknown: x',
  '',
]

const EVENTS = [
  { type: 'heartbeat', lastEventId: '7' },
  { type: 'message', lastEventId: '8' },
  { type: 'message', lastEventId: '8' },
]

describe('Event parser', () => {
  it('reads events in pieces of any length, with any line end', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        (lineEnd, lengths) => {
          const text = `${TEXT.join(lineEnd)}${lineEnd}: end${lineEnd}`
          const chunks: string[] = []
          for (let at = 0, index = 0; at < text.length; index++) {
            const length = lengths[index % lengths.length] ?? 1
            chunks.push(text.slice(at, at + length))
            at += length
          }
          expect(parseAll(chunks)).toEqual(EVENTS)
        },
      ),
    )
  })

  it('throws on a line without an end, so that memory is bounded', () => {
    expect(() => parseAll(['x'.repeat(40_000), 'x'.repeat(40_000)])).toThrow('without an end')
  })
})

const openSource = (respond: () => Response | Promise<Response>) => {
  const fetched = vi.fn<typeof fetch>(async () => respond())
  const source = new (getFetchEventSource(fetched))('https://flags.test/v1/stream')
  const events: StreamEvent[] = []
  for (const type of ['message', 'heartbeat', 'error'] as const)
    source.addEventListener(type, (event) => events.push(event))
  return { source, events, fetched }
}

describe('EventSource on fetch', () => {
  it('emits the events of the response, and an error at its end', async () => {
    const { events } = openSource(() => new Response('id: 3\ndata: {}\n\n'))
    await vi.waitFor(() => expect(events.at(-1)).toEqual({ type: 'error' }))
    expect(events).toEqual([{ type: 'message', lastEventId: '3' }, { type: 'error' }])
  })

  it.each([
    ['a status of 401', () => new Response('{}', { status: 401 })],
    ['no body', () => new Response(null)],
    ['a failed fetch', () => Promise.reject(new TypeError('fetch failed'))],
  ])('emits an error for %s', async (_, respond) => {
    const { events } = openSource(respond)
    await vi.waitFor(() => expect(events).toEqual([{ type: 'error' }]))
  })

  it('ends the request and emits nothing after close', async () => {
    let signal: AbortSignal | null | undefined
    const { source, events, fetched } = openSource(() => new Response(new ReadableStream()))
    signal = fetched.mock.calls[0]?.[1]?.signal
    source.close()
    await Promise.resolve()
    expect(signal?.aborted).toBe(true)
    expect(events).toEqual([])
  })

  it('stays one class for one fetch', () => {
    expect(getFetchEventSource(fetch)).toBe(getFetchEventSource(fetch))
  })
})
