/** The object's memory holds this many streams. Above the limit, a client polls and tries again later. */
export const MAX_SUBSCRIBERS = 10_000

/** The limit for one client address, so that one client cannot take all streams. */
export const MAX_PER_ADDRESS = 1_000

/** A stream whose unread queue reaches this length is closed, to save the object's memory. */
export const MAX_UNREAD = 100

/** A heartbeat keeps proxies from closing an idle stream, and finds clients that are gone. */
export const HEARTBEAT_MS = 25_000

const encoder = new TextEncoder()

/** OFREP's event (https://github.com/open-feature/protocol, ADR-0008): the client asks again, for at least this version. */
const encodeEvent = (version: number): Uint8Array =>
  encoder.encode(
    `id: ${version}\nevent: message\ndata: ${JSON.stringify({ type: 'refetchEvaluation', etag: String(version) })}\n\n`,
  )

/**
 * A client without heartbeats knows that its stream is dead. An EventSource hides comments and events without data
 * (HTML, 9.2.6), so a heartbeat has a name and an empty object. OFREP's clients ignore the name. The id repeats the
 * version, in case the client missed an announcement.
 */
const encodeHeartbeat = (version: number): Uint8Array =>
  encoder.encode(`id: ${version}\nevent: heartbeat\ndata: {}\n\n`)

type Sink = ReadableStreamDefaultController<Uint8Array>

/**
 * The open streams. Each begins with the current version, so that a client misses no edit between its read and its stream.
 *
 * @param readVersion returns the version for a heartbeat; it never rejects
 */
export const createSubscribers = (readVersion: () => Promise<number>) => {
  const sinks = new Map<Sink, string | undefined>()
  const countByAddress = new Map<string | undefined, number>()
  let heartbeat: ReturnType<typeof setInterval> | null = null

  const countStreams = (address: string | undefined) => countByAddress.get(address) ?? 0

  const add = (sink: Sink, address: string | undefined) => {
    sinks.set(sink, address)
    countByAddress.set(address, countStreams(address) + 1)
    heartbeat ??= setInterval(() => void sendHeartbeat(), HEARTBEAT_MS)
  }

  const remove = (sink: Sink) => {
    const address = sinks.get(sink)
    if (!sinks.delete(sink)) return
    if (countStreams(address) > 1) countByAddress.set(address, countStreams(address) - 1)
    else countByAddress.delete(address)
    if (sinks.size > 0) return
    clearInterval(heartbeat)
    heartbeat = null
  }

  const send = (sink: Sink, bytes: Uint8Array) => {
    try {
      if ((sink.desiredSize ?? 0) <= -MAX_UNREAD)
        throw new Error('the client does not read this stream')
      sink.enqueue(bytes)
    } catch (error) {
      remove(sink)
      sink.error(error)
    }
  }

  const sendAll = (bytes: Uint8Array) => {
    for (const sink of sinks.keys()) send(sink, bytes)
  }

  const sendHeartbeat = async () => sendAll(encodeHeartbeat(await readVersion()))

  return {
    /** Whether a client address may open one more stream. An unknown address counts only towards the total. */
    hasRoomFor: (address: string | undefined): boolean =>
      sinks.size < MAX_SUBSCRIBERS &&
      (address === undefined || countStreams(address) < MAX_PER_ADDRESS),
    announce: (version: number) => sendAll(encodeEvent(version)),
    /** Opens a stream that begins with this version. */
    subscribe(version: number, address?: string): ReadableStream<Uint8Array> {
      let own: Sink
      return new ReadableStream<Uint8Array>({
        start(sink) {
          own = sink
          add(sink, address)
          send(sink, encodeEvent(version))
          send(sink, encodeHeartbeat(version))
        },
        cancel: () => remove(own),
      })
    },
  }
}
