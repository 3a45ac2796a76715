import { attempt } from './internal.ts'

type Handlers = {
  /** This tab leads: it opens the stream. */
  readonly onLead: () => void
  /** The leader sent a message. */
  readonly onMessage: (message: unknown) => void
}

/** Web Locks exist in secure contexts only. Node has them too, but a server's threads are not tabs. */
export const canShareTabs = (): boolean =>
  attempt(
    () =>
      globalThis.isSecureContext &&
      typeof BroadcastChannel === 'function' &&
      typeof navigator.locks.request === 'function',
  ) ?? false

/**
 * Elects one of the visible tabs and frames of an origin as the leader. The lock of a tab that closes or crashes goes
 * to the next one. Where the browser cannot do this, every tab leads.
 */
export const createTabLeader = (name: string, { onLead, onMessage }: Handlers) => {
  let leave: (() => void) | undefined
  let channel: BroadcastChannel | undefined

  const join = (): void => {
    if (leave) return
    let hasLeft = false
    let release: (() => void) | undefined
    leave = () => {
      hasLeft = true
      release?.()
    }
    const lead = (): Promise<void> | undefined => {
      if (hasLeft) return undefined
      onLead()
      // `onLead` may have left: the lock must not stay with this tab.
      if (hasLeft) return undefined
      return new Promise((resolve) => {
        release = resolve
      })
    }
    if (!canShareTabs()) return void lead()
    const opened = attempt(() => new BroadcastChannel(name))
    const abort = new AbortController()
    channel = opened
    opened?.addEventListener('message', ({ data }) => onMessage(data))
    leave = () => {
      hasLeft = true
      opened?.close()
      abort.abort()
      release?.()
    }
    const requested = attempt(() => navigator.locks.request(name, { signal: abort.signal }, lead))
    // A sandboxed frame may not use locks: it leads alone.
    if (requested) requested.catch(() => void lead())
    else void lead()
  }

  return {
    join,
    leave: () => {
      leave?.()
      leave = undefined
      channel = undefined
    },
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel is of one origin
    send: (message: unknown): void => attempt(() => channel?.postMessage(message)),
  }
}
