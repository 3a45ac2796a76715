import { signal } from '@preact/signals'
import type { Experiment } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import { readAnswer, api, encodeParams, describeError } from '../api.ts'
import { toMetricsQuery, WHOLE, writeViewQuery, type ResultsView } from '../model/results-view.ts'

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

/** Names a view of an experiment. A key has no question mark. */
const nameView = (key: string, view: ResultsView) => {
  const query = writeViewQuery(view)
  return query ? `${key}?${query}` : key
}

export const findResults = (key: string, view = WHOLE): Results | undefined => {
  const name = nameView(key, view)
  return Object.hasOwn(results.value, name) ? results.value[name] : undefined
}

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
const keepResults = (key: string, view: ResultsView, next: Results) => {
  const before = findResults(key, view)
  if (before && before.turn > next.turn) return
  results.value = { ...results.value, [nameView(key, view)]: next }
}

export const loadResults = async (
  { key, version }: Pick<Experiment, 'key' | 'version'>,
  view = WHOLE,
): Promise<void> => {
  const turn = ++lastTurn
  try {
    const metrics = await readAnswer(
      api.experiments[':key'].metrics.$get({
        param: encodeParams({ key }),
        query: toMetricsQuery(view),
      }),
    )
    keepResults(key, view, { metrics, error: null, at: Date.now(), version, turn })
  } catch (error) {
    const last = findResults(key, view) ?? { metrics: null, at: 0 }
    keepResults(key, view, { ...last, error: describeError(error), version, turn })
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
