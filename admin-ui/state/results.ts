import { signal } from '@preact/signals'
import type { Experiment } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import { readAnswer, api, encodeParams, describeError } from '../api.ts'

/** The results of an experiment. The last metrics stay while they load again, and after an error. */
export type Results = {
  readonly metrics: Metrics | null
  readonly error: string | null
  /** When they were counted, in epoch milliseconds. */
  readonly at: number
  /** The version of the experiment at the request. */
  readonly version: number
  /** The number of the request. Later requests have higher numbers. */
  readonly turn: number
}

export const results = signal<Readonly<Record<string, Results>>>({})

export const findResults = (key: string): Results | undefined =>
  Object.hasOwn(results.value, key) ? results.value[key] : undefined

/** Counts the assigned users in the loaded results, and names the variants with users. */
export const countAssigned = (key: string) => {
  const variants = findResults(key)?.metrics?.variants ?? []
  const had = variants.filter(({ assignments }) => assignments > 0)
  return {
    isKnown: variants.length > 0,
    total: had.reduce((sum, { assignments }) => sum + assignments, 0),
    names: had.map(({ name }) => name),
  }
}

let lastTurn = 0

/** Keeps results, unless those of a later request are there already. */
const keepResults = (key: string, next: Results) => {
  const before = findResults(key)
  if (before && before.turn > next.turn) return
  results.value = { ...results.value, [key]: next }
}

export const loadResults = async ({ key, version }: Experiment): Promise<void> => {
  const turn = ++lastTurn
  try {
    const metrics = await readAnswer(
      api.experiments[':key'].metrics.$get({ param: encodeParams({ key }), query: {} }),
    )
    keepResults(key, { metrics, error: null, at: Date.now(), version, turn })
  } catch (error) {
    const last = findResults(key) ?? { metrics: null, at: 0 }
    keepResults(key, { ...last, error: describeError(error), version, turn })
  }
}

/** Older results are loaded again. */
const FRESH_MS = 60_000

const isFresh = ({ key, version }: Experiment): boolean => {
  const found = findResults(key)
  return found?.version === version && Date.now() - found.at < FRESH_MS
}

/** The number of parallel requests. */
const CONCURRENCY = 4

/** Loads the results of launched experiments, unless they are fresh. */
export const loadStaleResults = async (experiments: readonly Experiment[]): Promise<void> => {
  const missing = experiments.filter((one) => one.launchedAt !== null && !isFresh(one))
  const loadNext = async () => {
    for (let next = missing.shift(); next; next = missing.shift()) await loadResults(next)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, loadNext))
}
