/** More would crowd the object's memory; past it a client is told to come back, and polls until then. */
export const MAX_SUBSCRIBERS = 10_000

/** Of one visitor, so that nobody alone takes the streams of all others. */
export const MAX_PER_VISITOR = 1_000

/** Who reads nothing of this many events and heartbeats is let go, before what waits for them crowds the memory. */
export const MAX_UNREAD = 100

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
  const sinks = new Map<Sink, string | undefined>()
  const ofVisitor = new Map<string | undefined, number>()
  let heartbeat: ReturnType<typeof setInterval> | null = null

  const countOf = (visitor: string | undefined) => ofVisitor.get(visitor) ?? 0

  const enter = (sink: Sink, visitor: string | undefined) => {
    sinks.set(sink, visitor)
    ofVisitor.set(visitor, countOf(visitor) + 1)
    heartbeat ??= setInterval(() => sendAll(HEARTBEAT), HEARTBEAT_MS)
  }

  const leave = (sink: Sink) => {
    const visitor = sinks.get(sink)
    if (!sinks.delete(sink)) return
    if (countOf(visitor) > 1) ofVisitor.set(visitor, countOf(visitor) - 1)
    else ofVisitor.delete(visitor)
    if (sinks.size > 0) return
    clearInterval(heartbeat)
    heartbeat = null
  }

  const send = (sink: Sink, bytes: Uint8Array) => {
    try {
      if ((sink.desiredSize ?? 0) <= -MAX_UNREAD) throw new Error('nobody reads this stream')
      sink.enqueue(bytes)
    } catch (error) {
      leave(sink)
      sink.error(error)
    }
  }

  const sendAll = (bytes: Uint8Array) => {
    for (const sink of sinks.keys()) send(sink, bytes)
  }

  return {
    /** Whether this visitor may open one more; one who is not known is counted with nobody. */
    hasRoomFor: (visitor: string | undefined): boolean =>
      sinks.size < MAX_SUBSCRIBERS && (visitor === undefined || countOf(visitor) < MAX_PER_VISITOR),
    announce: (version: number) => sendAll(eventOf(version)),
    /** A stream that begins with the version as it is now. */
    subscribe(version: number, visitor?: string): ReadableStream<Uint8Array> {
      let mine: Sink
      return new ReadableStream<Uint8Array>({
        start(sink) {
          mine = sink
          enter(sink, visitor)
          send(sink, eventOf(version))
        },
        cancel: () => leave(mine),
      })
    },
  }
}
