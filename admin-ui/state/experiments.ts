import { signal } from '@preact/signals'
import type { Experiment, ExperimentCreation, ExperimentPatch } from '../../schema/experiment.ts'
import { answerOf, api, messageOf } from '../api.ts'
import { coalesced } from './coalesced.ts'
import type { Listed } from './flags.ts'
import { notify } from './notices.ts'

export const experiments = signal<Listed<Experiment>>({ items: null, error: null })

const PAGE = '200'

const readAll = async () => {
  const all: Experiment[] = []
  let cursor: string | null = null
  do {
    const page: { items: Experiment[]; nextCursor: string | null } = await answerOf(
      api.experiments.$get({ query: { limit: PAGE, ...(cursor !== null && { cursor }) } }),
    )
    all.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return all
}

export const loadExperiments = coalesced(async () => {
  try {
    experiments.value = { items: await readAll(), error: null }
  } catch (error) {
    experiments.value = { ...experiments.value, error: messageOf(error) }
  }
})

/** The experiment with this key, as it was loaded last. */
export const experimentOf = (key: string): Experiment | undefined =>
  experiments.value.items?.find((experiment) => experiment.key === key)

/** Where an experiment has its page. `new` is an address of its own; its first letter escaped, it is a key. */
export const addressOf = (key: string): string =>
  key === 'new' ? '/experiments/%6eew' : `/experiments/${key}`

type Known = Pick<Experiment, 'key' | 'version'>

const at = ({ key }: Known) => ({ param: { key } })

/** Edits only what was on the screen: the experiment at this version. */
const onlyIf = ({ version }: Known) => ({ headers: { 'If-Match': `"${version}"` } })

const because = (comment: string) => (comment ? { comment } : {})

const done = async (text: string, { snapshotVersion }: { readonly snapshotVersion: number }) => {
  await loadExperiments()
  notify({ text, version: snapshotVersion })
}

export const createExperiment = async (settings: ExperimentCreation): Promise<void> => {
  const edit = await answerOf(api.experiments.$post({ json: settings }))
  await done(`${settings.key} is created, as a draft`, edit)
}

export const updateExperiment = async (
  known: Known,
  patch: Omit<ExperimentPatch, 'comment'>,
  comment: string,
): Promise<void> => {
  const json = { ...patch, ...because(comment) }
  const edit = await answerOf(api.experiments[':key'].$patch({ ...at(known), json }, onlyIf(known)))
  await done(`${known.key} is saved`, edit)
}

export const deleteExperiment = async (known: Known, comment: string): Promise<void> => {
  const edit = await answerOf(
    api.experiments[':key'].$delete({ ...at(known), json: because(comment) }, onlyIf(known)),
  )
  await done(`${known.key} is deleted`, edit)
}

export type Schedule = Pick<Experiment, 'startAt' | 'stopAt'>

export const launchExperiment = async (
  known: Known,
  schedule: Schedule,
  comment: string,
): Promise<void> => {
  const json = { ...schedule, ...because(comment) }
  const edit = await answerOf(
    api.experiments[':key'].launch.$post({ ...at(known), json }, onlyIf(known)),
  )
  await done(`${known.key} is launched`, edit)
}

export const pauseExperiment = async (known: Known, comment: string): Promise<void> => {
  const sent = { ...at(known), json: because(comment) }
  const edit = await answerOf(api.experiments[':key'].pause.$post(sent, onlyIf(known)))
  await done(`${known.key} is paused`, edit)
}

export const stopExperiment = async (known: Known, comment: string): Promise<void> => {
  const sent = { ...at(known), json: because(comment) }
  const edit = await answerOf(api.experiments[':key'].stop.$post(sent, onlyIf(known)))
  await done(`${known.key} is stopped`, edit)
}
