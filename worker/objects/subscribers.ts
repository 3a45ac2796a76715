/** More would crowd the object's memory; past it a client is told to come back, and polls until then. */
export const MAX_SUBSCRIBERS = 10_000

/** Keeps proxies from closing a silent stream, and finds out who is gone. */
const HEARTBEAT_MS = 25_000

const encoder = new TextEncoder()

/** OFREP's event, https://github.com/open-feature/protocol (ADR-0008): ask again, for at least this version. */
const eventOf = (version: number): Uint8Array =>
  encoder.encode(
    `id: ${version}\nevent: message\ndata: ${JSON.stringify({ type: 'refetchEvaluation', etag: String(version) })}\n\n`,
  )

const HEARTBEAT = encoder.encode(': still here\n\n')

type Sink = ReadableStreamDefaultController<Uint8Array>

/** The open streams. Everyone is told the version on arrival, so that a change between reading and listening is not missed. */
export const createSubscribers = () => {
  const sinks = new Set<Sink>()
  let heartbeat: ReturnType<typeof setInterval> | null = null

  const leave = (sink: Sink) => {
    sinks.delete(sink)
    if (sinks.size > 0) return
    clearInterval(heartbeat)
    heartbeat = null
  }

  const send = (sink: Sink, bytes: Uint8Array) => {
    try {
      sink.enqueue(bytes)
    } catch {
      leave(sink)
    }
  }

  const sendAll = (bytes: Uint8Array) => sinks.forEach((sink) => send(sink, bytes))

  return {
    count: () => sinks.size,
    announce: (version: number) => sendAll(eventOf(version)),
    /** A stream that begins with the version as it is now. */
    subscribe(version: number): ReadableStream<Uint8Array> {
      let mine: Sink
      return new ReadableStream<Uint8Array>({
        start(sink) {
          mine = sink
          sinks.add(sink)
          heartbeat ??= setInterval(() => sendAll(HEARTBEAT), HEARTBEAT_MS)
          send(sink, eventOf(version))
        },
        cancel: () => leave(mine),
      })
    },
  }
}
