import { isHidden } from './page.ts'
import { pauseAfter } from './pause.ts'

type StreamEvent = { readonly type: string; readonly lastEventId?: string }

/** As much of EventSource as is used: the browser's own fits, and so does the one of npm. */
export type OpenEventSource = new (url: string) => {
  addEventListener: (type: 'message' | 'error', listener: (event: StreamEvent) => void) => void
  close: () => void
}

const FIRST_PAUSE_MS = 1_000

type Settings = {
  readonly EventSource: OpenEventSource
  /** Where to listen; undefined until an answer has told. */
  readonly address: () => string | undefined
  readonly onVersion: (version: number) => void
  /** Asks for everything anew: a change may have been missed while nobody listened. */
  readonly reload: () => Promise<unknown>
  readonly random: () => number
}

/**
 * Follows the service's announcements while the page is visible. After a failure it comes back later each time; before
 * it listens again it reads again, unconditionally, since that also learns the address anew.
 */
export const createStream = (settings: Settings) => {
  let source: InstanceType<OpenEventSource> | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let isClosed = false
  let isStarted = false

  const stop = () => {
    clearTimeout(timer)
    timer = undefined
    source?.close()
    source = undefined
  }

  const open = () => {
    const address = settings.address()
    if (isClosed || source || isHidden() || address === undefined) return
    const opened = new settings.EventSource(address)
    source = opened
    opened.addEventListener('message', ({ lastEventId }) => {
      if (source !== opened) return
      failures = 0
      settings.onVersion(Number(lastEventId) || 0)
    })
    opened.addEventListener('error', () => {
      if (source !== opened) return
      stop()
      const pauseMs = pauseAfter(failures++, FIRST_PAUSE_MS, settings.random)
      timer = setTimeout(() => void reopen(), pauseMs)
    })
  }

  const reopen = async () => {
    stop()
    await settings.reload()
    open()
  }

  return {
    /** Begins to follow, once an address is known; does nothing when it does already. */
    start() {
      if (isStarted) return
      isStarted = true
      open()
    },
    stop,
    /** Goes on after a stop. */
    resume: () => void (isStarted && !source && reopen()),
    close() {
      isClosed = true
      stop()
    },
  }
}
