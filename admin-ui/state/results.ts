import { signal } from '@preact/signals'
import type { Experiment } from '../../schema/experiment.ts'
import type { Metrics } from '../../schema/metrics.ts'
import { readAnswer, api, encodeParams, describeError } from '../api.ts'

/** Results as far as they are known: what was loaded last stays while it is loaded again, or cannot be. */
export type Results = {
  readonly metrics: Metrics | null
  readonly error: string | null
  /** Epoch milliseconds at which they were counted. */
  readonly at: number
  /** The version of the experiment they were asked for. */
  readonly version: number
  /** Which question they answer: later ones are higher. */
  readonly turn: number
}

export const results = signal<Readonly<Record<string, Results>>>({})

export const findResults = (key: string): Results | undefined =>
  Object.hasOwn(results.value, key) ? results.value[key] : undefined

/** How many users have each variant, as far as is known here; variants that nobody has are not named. */
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

/** Keeps an answer, unless one to a later question is there already. */
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

/** What is older is counted anew, and so is what could not be. */
const FRESH_MS = 60_000

const isFresh = ({ key, version }: Experiment): boolean => {
  const found = findResults(key)
  return found?.version === version && Date.now() - found.at < FRESH_MS
}

/** At once: enough to be quick, few enough for the server not to notice. */
const CONCURRENCY = 4

/** Loads the results of experiments that ever ran, unless they are known. */
export const loadStaleResults = async (experiments: readonly Experiment[]): Promise<void> => {
  const missing = experiments.filter((one) => one.launchedAt !== null && !isFresh(one))
  const loadNext = async () => {
    for (let next = missing.shift(); next; next = missing.shift()) await loadResults(next)
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, loadNext))
}
