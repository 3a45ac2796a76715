import type { Experiment } from '../../schema/experiment.ts'
import { adminApi } from './admin-api.ts'
import { ADMIN } from './credentials.ts'

const edit = async (method: string, path: string, body: object, as: string) => {
  const answer = await adminApi(method, path, body, as)
  if (!answer.ok) throw new Error(await answer.text())
  const { experiment } = await answer.json<{ experiment: Experiment }>()
  return experiment
}

export const HALF_AND_HALF = [
  { name: 'A', weight: 50 },
  { name: 'B', weight: 50 },
]

/** Creates a draft on the shared e2e server. */
export const draftExperiment = (key: string, settings: object = {}, as = ADMIN) =>
  edit('POST', '/api/experiments', { key, variants: HALF_AND_HALF, ...settings }, as)

export const takeStep = (key: string, step: 'launch' | 'pause' | 'stop', as = ADMIN) =>
  edit('POST', `/api/experiments/${key}/${step}`, {}, as)

export const readExperiment = async (key: string): Promise<Experiment> =>
  (await adminApi('GET', `/api/experiments/${key}`)).json<Experiment>()
