/*
 * Replaces the clock of this page by one that moves only when a test calls `pass`. The network goes on. A clock that
 * runs beside the network makes requests time out on a busy machine.
 */

export type StoppedPage = {
  /** Lets time pass. Waits after each step until all requests are answered. */
  pass: (ms: number) => Promise<void>
  /** The heartbeats that this page has received. */
  heartbeats: number
}

declare global {
  interface Window extends StoppedPage {}
}

/** Shorter than the timeouts of the client, so that none fires while an answer is on the way. */
const STEP_MS = 500

type Timer = { readonly at: number; readonly run: () => void }

const timers = new Map<number, Timer>()
const startedAt = Date.now()
const clock = { elapsed: 0, lastId: 0 }
const network = { unanswered: 0 }

const runNextTask = window.setTimeout.bind(window)
const send = window.fetch.bind(window)

Date.now = () => startedAt + clock.elapsed
performance.now = () => clock.elapsed

Object.assign(window, {
  // A browser waits whole milliseconds. With a fraction that is too small to move the clock, time would stand still.
  setTimeout: (run: () => void, ms = 0) => {
    timers.set(++clock.lastId, { at: clock.elapsed + Math.max(1, Math.trunc(ms)), run })
    return clock.lastId
  },
  clearTimeout: (id: number) => timers.delete(id),
  // A request is answered when its body is read. What the client does then follows in the same task.
  fetch: async (...request: Parameters<typeof fetch>) => {
    network.unanswered++
    try {
      const response = await send(...request)
      const readText = response.text.bind(response)
      response.text = () => readText().finally(() => network.unanswered--)
      return response
    } catch (error) {
      network.unanswered--
      throw error
    }
  },
  EventSource: class extends EventSource {
    constructor(url: string) {
      super(url)
      this.addEventListener('heartbeat', () => window.heartbeats++)
    }
  },
})

const runDueTimers = (until: number) => {
  for (;;) {
    const [next] = [...timers].toSorted(([, one], [, other]) => one.at - other.at)
    if (!next || next[1].at > until) break
    const [id, { at, run }] = next
    timers.delete(id)
    clock.elapsed = at
    run()
  }
  clock.elapsed = until
}

window.heartbeats = 0
window.pass = async (ms) => {
  const end = clock.elapsed + ms
  while (clock.elapsed < end) {
    runDueTimers(clock.elapsed + STEP_MS)
    do await new Promise<void>((done) => runNextTask(done, 1))
    while (network.unanswered > 0)
  }
}
