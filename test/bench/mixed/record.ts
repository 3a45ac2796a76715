import { median } from '../report.ts'

/* What is measured on the way. */

type Window = { readonly from: number; to: number }

/** A part with fewer samples (one a second) is only warm-up. */
const STRETCH = 60
/** The allowed growth of resident memory from the middle third of a part to the last one. */
const GROWTH = 1.3

/** The memory in the middle and the last third of a part. A new process still warms up in the first third. */
export const splitInThirds = (memories: readonly number[]) => {
  const third = Math.max(1, Math.floor(memories.length / 3))
  return { middle: median(memories.slice(third, -third)), last: median(memories.slice(-third)) }
}

const describeGrowth = (memories: readonly number[]): string[] => {
  const { middle, last } = splitInThirds(memories)
  return memories.length >= STRETCH && last > middle * GROWTH
    ? [`memory grows: from ${Math.round(middle)} to ${Math.round(last)} MB`]
    : []
}

export const createRecord = () => {
  const latencies = new Map<string, number[]>()
  const windows: Window[] = []
  const memories: number[] = []
  const since = { restart: 0 }
  const failures: { kind: string; from: number; to: number; what: string }[] = []

  const unexplained = () =>
    failures
      .filter(({ from, to }) => !isDuringRestart(from, to))
      .map(({ kind, what }) => `${kind}: ${what}`)

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
    /** The whole run, and the part after the last restart. */
    memories: () => ({ all: memories, stretch: memories.slice(since.restart) }),
    downtimes: () => windows.map(({ from, to }) => to - from),
    unexplained,
    /** Failures outside of restarts, and growing memory after the last restart. */
    wrongs: () => [...unexplained(), ...describeGrowth(memories.slice(since.restart))],
  }
}

export type Measured = ReturnType<typeof createRecord>
