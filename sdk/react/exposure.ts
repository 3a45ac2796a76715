import type { FlagsClient } from '../client.ts'
import type { FlagsContext } from '../context.ts'

const logged = new WeakMap<FlagsClient, Set<string>>()

/** Logs an exposure the first time in a client's life. */
export const logExposureOnce = (
  client: FlagsClient,
  context: FlagsContext,
  experimentKey: string,
  variant: string,
): void => {
  const before = logged.get(client) ?? new Set()
  logged.set(client, before)
  const name = JSON.stringify([context.userId, experimentKey, variant])
  if (before.has(name)) return
  before.add(name)
  client.logExposure(context, experimentKey as never, variant as never)
}

/** Calls back when the page is visible, now or later: what is rendered in a hidden tab was not shown to anyone. */
export const whenVisible = (callback: () => void): (() => void) => {
  const look = () => {
    if (document.visibilityState === 'hidden') return
    document.removeEventListener('visibilitychange', look)
    callback()
  }
  document.addEventListener('visibilitychange', look)
  look()
  return () => document.removeEventListener('visibilitychange', look)
}
