/*
 * React Native defines these before an app. Hermes alone has no console, and its timers do not wait: a timer with a
 * delay never fires here.
 */
const { clearTimeout, setTimeout } = globalThis
globalThis.setTimeout = (callback, ms) => (ms > 0 ? -1 : setTimeout(callback, 0))
globalThis.clearTimeout = (timer) => {
  if (timer >= 0) clearTimeout(timer)
}
globalThis.console ??= { error: print, warn: print, log: print }
