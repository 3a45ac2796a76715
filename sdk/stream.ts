import { isHidden } from './page.ts'
import { pauseAfter } from './time.ts'

type StreamEvent = { readonly type: string; readonly lastEventId?: string }

/** As much of EventSource as is used: the browser's own fits, and so does the one of npm. */
export type OpenEventSource = new (url: string) => {
  addEventListener: (type: 'message' | 'error', listener: (event: StreamEvent) => void) => void
  close: () => void
}

type Settings = {
  /** Without one nothing is followed. */
  readonly EventSource: OpenEventSource | undefined
  readonly url: string
  readonly random: () => number
}

type Followed = {
  /** Where to listen; undefined until an answer has told. */
  readonly streamPath: () => string | undefined
  readonly announce: (version: number) => void
  /** Asks for everything anew: a change may have been missed while nobody listened. */
  readonly reload: () => Promise<unknown>
}

/**
 * Follows the service's announcements while the page is visible. After a failure it comes back later each time; before
 * it listens again it reads again, unconditionally, since that also learns the address anew.
 */
export const createStream = (
  { EventSource, url, random }: Settings,
  followed: Followed,
  closed: AbortSignal,
) => {
  let source: InstanceType<OpenEventSource> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0

  const stop = () => {
    clearTimeout(timer)
    timer = undefined
    source?.close()
    source = undefined
  }

  /** Listens, unless it does already, or is to wait. */
  const open = () => {
    const path = followed.streamPath()
    if (!EventSource || !path || source || timer || closed.aborted || isHidden()) return
    const opened = new EventSource(url + path)
    source = opened
    opened.addEventListener('message', ({ lastEventId }) => {
      if (source !== opened) return
      failures = 0
      followed.announce(Number(lastEventId))
    })
    opened.addEventListener('error', () => {
      if (source !== opened) return
      stop()
      const pauseMs = pauseAfter(failures++, random)
      timer = setTimeout(() => void reopen(), pauseMs)
    })
  }

  const reopen = async () => {
    stop()
    await followed.reload()
    open()
  }

  return {
    /** Begins to follow, once an address is known. */
    start: open,
    stop,
    /** Goes on after a stop. */
    resume: () => void (EventSource && !source && reopen()),
  }
}
