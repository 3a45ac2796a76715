import { signal } from '@preact/signals'
import type { ExperimentHealth, RowOutcomes } from '../../schema/experiment-health.ts'
import { api, describeError, encodeParams, readAnswer } from '../api.ts'

/** The part of the health that the console shows. The findings have the rest in words. */
export type ShownHealth = Pick<ExperimentHealth, 'findings'> & {
  readonly exposures: Pick<RowOutcomes, 'accepted'>
}

/** What became of the rows of an experiment. The last answer stays while another loads, and after an error. */
type Found = { readonly health: ShownHealth | null; readonly error: string | null }

const healths = signal<Readonly<Record<string, Found>>>({})

export const findHealth = (key: string): Found | undefined =>
  Object.hasOwn(healths.value, key) ? healths.value[key] : undefined

const keep = (key: string, found: Found) => {
  healths.value = { ...healths.value, [key]: found }
}

export const loadHealth = async (key: string): Promise<void> => {
  try {
    const health = await readAnswer(
      api.experiments[':key'].health.$get({ param: encodeParams({ key }) }),
    )
    keep(key, { health, error: null })
  } catch (error) {
    keep(key, { health: findHealth(key)?.health ?? null, error: describeError(error) })
  }
}
