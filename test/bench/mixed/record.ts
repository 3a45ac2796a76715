/* What is measured on the way. */

type Window = { readonly from: number; to: number }

export const createRecord = () => {
  const latencies = new Map<string, number[]>()
  const windows: Window[] = []
  const memories: number[] = []
  const since = { restart: 0 }
  const failures: { kind: string; from: number; to: number; what: string }[] = []

  const isDuringRestart = (from: number, to: number) =>
    windows.some((window) => from <= window.to && to >= window.from)

  return {
    restarting: (from: number) => void windows.push({ from, to: Number.POSITIVE_INFINITY }),
    restarted(to: number) {
      const window = windows.at(-1)
      if (window) window.to = to
      since.restart = memories.length
    },
    restarts: () => windows.length,
    answered(kind: string, from: number, to: number, status: number, text: string) {
      if (status >= 500) failures.push({ kind, from, to, what: `${status} ${text}` })
      const known = latencies.get(kind) ?? []
      latencies.set(kind, known)
      known.push(to - from)
    },
    broken: (kind: string, from: number, to: number, what: string) =>
      void failures.push({ kind, from, to, what }),
    memory: (megabytes: number | undefined) =>
      void (megabytes !== undefined && memories.push(megabytes)),
    summary() {
      const answered = Array.from(latencies.values(), ({ length }) => length)
      const total = answered.reduce((sum, count) => sum + count, 0)
      return `${total.toLocaleString('en')} answers, ${windows.length} restarts, ${Math.round(memories.at(-1) ?? 0)} MB`
    },
    latencies,
    failures,
    memories: () => ({ all: memories, left: memories.slice(since.restart) }),
    downtimes: () => windows.map(({ from, to }) => to - from),
    /** Failures that no restart explains. */
    wrongs: () =>
      failures
        .filter(({ from, to }) => !isDuringRestart(from, to))
        .map(({ kind, what }) => `${kind}: ${what}`),
  }
}

export type Measured = ReturnType<typeof createRecord>
