import type { Bundles } from './bundles.ts'
import { backoffMs } from './internal.ts'
import { isHidden } from './page.ts'

type StreamEvent = { readonly type: string; readonly lastEventId?: string }

/** The part of EventSource that the client uses. The browser's class and the one from npm have it. */
export type OpenEventSource = new (url: string) => {
  addEventListener: (type: 'message' | 'error', listener: (event: StreamEvent) => void) => void
  close: () => void
}

type Settings = {
  /** Without a class there is no stream. */
  readonly EventSource: OpenEventSource | undefined
  readonly url: string
  readonly random: () => number
}

/**
 * Follows the service's announcements of versions while the page is visible. After an error it waits longer each time.
 * Before it opens the stream again it loads the bundles, which also gives the stream's current address.
 */
export const createStream = (
  { EventSource, url, random }: Settings,
  bundles: Pick<Bundles, 'streamPath' | 'announce' | 'reload' | 'onLoaded'>,
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

  /** Opens the stream, unless it is open, waiting, closed or hidden. */
  const open = () => {
    const path = bundles.streamPath()
    if (!EventSource || !path || source || timer || closed.aborted || isHidden()) return
    const opened = new EventSource(url + path)
    source = opened
    opened.addEventListener('message', ({ lastEventId }) => {
      if (source !== opened) return
      failures = 0
      bundles.announce(Number(lastEventId))
    })
    opened.addEventListener('error', () => {
      if (source !== opened) return
      stop()
      timer = setTimeout(() => void reopen(), backoffMs(failures++, random))
    })
  }

  const reopen = async () => {
    stop()
    await bundles.reload()
    open()
  }

  bundles.onLoaded(open)

  return {
    stop,
    /** Opens the stream again after `stop`. */
    resume: () => void (EventSource && !source && reopen()),
  }
}
