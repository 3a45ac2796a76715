import { attempt, backoffMs, unrefTimer, type Clock, type Mark } from './internal.ts'
import { isHidden } from './page.ts'
import { share } from './shared.ts'
import { createTabLeader } from './tab-leader.ts'

export type StreamEvent = { readonly type: string; readonly lastEventId?: string }
type EventType = 'message' | 'heartbeat' | 'error'

/** The part of EventSource that the client uses. The browser's class and the one from npm have it. */
export type OpenEventSource = new (url: string) => {
  addEventListener: (type: EventType, listener: (event: StreamEvent) => void) => void
  close: () => void
}

type Settings = {
  readonly EventSource: OpenEventSource
  readonly url: string
  readonly random: () => number
  readonly clock: Clock
}

/** A client that follows the stream. */
export type Follower = {
  /** The path of the stream; undefined before the first answer. */
  readonly streamPath: () => string | undefined
  /** Called with the current version at each sign of life of the stream. */
  readonly onVersion: (version: number) => void
  /** Loads the bundles again: a change may have been missed. */
  readonly reload: () => Promise<unknown>
}

/** The service sends a heartbeat every 25 s. After 2.5 intervals of silence the stream is dead. */
const MAX_SILENCE_MS = 62_500
const CHECK_MS = 5_000
/** How long a stream stays closed that held the connection which a request needed. */
const MAKE_ROOM_MS = 30_000

/**
 * One stream for all clients of a service in this page, and one for all its tabs and frames. After an error it waits
 * longer each time, and loads the bundles before it opens again.
 */
const createSharedStream = ({ EventSource, url, random, clock }: Settings) => {
  const followers = new Set<Follower>()
  let source: InstanceType<OpenEventSource> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let silenceTimer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let heardAt: Mark | undefined

  const disconnect = () => {
    clearTimeout(timer)
    clearTimeout(silenceTimer)
    timer = undefined
    attempt(() => source?.close())
    source = undefined
    tabs.leave()
  }

  const hear = (version: number) => {
    failures = 0
    heardAt = clock.mark()
    for (const { onVersion } of followers) onVersion(version)
  }

  const findPath = () => {
    for (const { streamPath } of followers) if (streamPath()) return streamPath()
    return undefined
  }

  const retryIn = (ms: number) => {
    disconnect()
    timer = setTimeout(() => void reopen(), ms)
    unrefTimer(timer)
  }

  const fail = () => {
    // The next attempt uses the address of another client: the key of this one may be revoked.
    const [first] = followers
    if (first && followers.delete(first)) followers.add(first)
    retryIn(backoffMs(failures++, random))
  }

  /** Old services send no heartbeats; their streams are never taken for dead. */
  const watchSilence = () => {
    clearTimeout(silenceTimer)
    silenceTimer = setTimeout(() => {
      if (clock.elapsedMs(heardAt) > MAX_SILENCE_MS) fail()
      else watchSilence()
    }, CHECK_MS)
    unrefTimer(silenceTimer)
  }

  const onVersion = ({ lastEventId }: StreamEvent) => {
    const version = lastEventId ? Number(lastEventId) : NaN
    hear(version)
    tabs.send({ version })
  }

  const connect = () => {
    const path = findPath()
    if (path === undefined) return tabs.leave()
    const opened = new EventSource(url + path)
    source = opened
    const on = (type: EventType, listener: (event: StreamEvent) => void) =>
      opened.addEventListener(type, (event) => {
        if (source === opened) listener(event)
      })
    on('message', onVersion)
    on('heartbeat', (event) => {
      onVersion(event)
      watchSilence()
    })
    on('error', fail)
  }

  const tabs = createTabLeader(`indietix-flags:${url}`, {
    onLead: () => {
      try {
        connect()
      } catch {
        fail()
      }
    },
    onMessage: (message) => {
      const { version } = Object(message) as { version?: unknown }
      if (typeof version === 'number') hear(version)
    },
  })

  /** Opens the stream, unless it is open, waiting or hidden. */
  const open = () => {
    if (!source && !timer && followers.size > 0 && findPath() && !isHidden()) tabs.join()
  }

  const reopen = async () => {
    disconnect()
    await Promise.all([...followers].map(({ reload }) => reload()))
    open()
  }

  return {
    open: (follower: Follower) => {
      followers.add(follower)
      open()
    },
    leave: (follower: Follower) => {
      followers.delete(follower)
      if (followers.size === 0) disconnect()
    },
    /** Opens the stream now, after a load. */
    resume: (follower: Follower) => {
      followers.add(follower)
      if (!source) void reopen()
    },
    /** Opens the stream without its wait, because the service is back. */
    openNow: () => {
      if (!timer) return
      disconnect()
      open()
    },
    /** Closes the stream for a while: a browser has six connections to an HTTP/1.1 host, and the streams of tabs may hold all. */
    makeRoom: () => {
      if (source) retryIn(MAKE_ROOM_MS)
    },
  }
}

type SharedStream = ReturnType<typeof createSharedStream>

const getStreams = () =>
  share('streams', () => new WeakMap<OpenEventSource, Map<string, SharedStream>>())

const getSharedStream = (settings: Settings): SharedStream => {
  const { EventSource, url } = settings
  const streams = getStreams()
  const byUrl = streams.get(EventSource) ?? new Map<string, SharedStream>()
  streams.set(EventSource, byUrl)
  const stream = byUrl.get(url) ?? createSharedStream(settings)
  byUrl.set(url, stream)
  return stream
}

/** Lets one client follow the service's announcements of versions while the page is visible. */
export const createStream = (
  settings: Omit<Settings, 'EventSource'>,
  getEventSource: () => OpenEventSource | undefined,
  follower: Follower,
) => {
  const getStream = () => {
    const EventSource = getEventSource()
    return EventSource && getSharedStream({ ...settings, EventSource })
  }
  let isClosed = false
  return {
    /** Opens the stream once its address is known. */
    open: () => isClosed || getStream()?.open(follower),
    /** Stops following, until `open` or `resume`. */
    stop: () => getStream()?.leave(follower),
    resume: () => isClosed || getStream()?.resume(follower),
    openNow: () => getStream()?.openNow(),
    makeRoom: () => getStream()?.makeRoom(),
    close: () => {
      isClosed = true
      getStream()?.leave(follower)
    },
  }
}
