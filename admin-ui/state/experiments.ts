import { signal } from '@preact/signals'
import type { Experiment, ExperimentCreation, ExperimentPatch } from '../../schema/experiment.ts'
import { ApiError, readAnswer, api, describeError, encodeParams } from '../api.ts'
import {
  readExperimentView,
  toExperimentQuery,
  type ExperimentView,
} from '../model/experiment-view.ts'
import type { Step } from '../model/steps.ts'
import { address } from '../router.ts'
import { withComment, edit, versionHeaders } from './edit.ts'
import { createList, type Listed } from './list.ts'

const one = api.experiments[':key']

/** All experiments that are not archived, for names of targets and keys that are taken. */
export const { list: experiments, load: loadExperiments } = createList<Experiment>((query) =>
  readAnswer(api.experiments.$get({ query })),
)

/** The page of the list that is shown. The last one stays while another loads. */
export const experimentPage = signal<
  Listed<Experiment> & { readonly next: string | null; readonly view: ExperimentView | null }
>({ items: null, error: null, next: null, view: null })

const details = signal<Readonly<Record<string, Found>>>({})

/** An experiment that was loaded by its key. Null: there is none. */
type Found = { readonly experiment: Experiment | null; readonly error: string | null }

const keep = (key: string, found: Found) => {
  details.value = { ...details.value, [key]: found }
}

/** Finds an experiment that was loaded by its key; undefined before. */
export const findExperiment = (key: string): Found | undefined =>
  Object.hasOwn(details.value, key) ? details.value[key] : undefined

let lastTurn = 0

/** Loads the page of the list at the current address. Within an effect it loads again when the address changes. */
export const loadExperimentPage = async (): Promise<void> => {
  const view = readExperimentView(address.value.searchParams)
  const turn = ++lastTurn
  try {
    const page = await readAnswer(api.experiments.$get({ query: toExperimentQuery(view) }))
    if (turn !== lastTurn) return
    experimentPage.value = { items: page.items, error: null, next: page.nextCursor, view }
  } catch (error) {
    if (turn === lastTurn)
      experimentPage.value = { ...experimentPage.peek(), error: describeError(error) }
  }
}

/** Loads one experiment, also an archived one. An older answer never replaces a newer version. */
export const loadExperiment = async (key: string): Promise<void> => {
  try {
    const experiment = await readAnswer(one.$get({ param: encodeParams({ key }) }))
    const known = findExperiment(key)?.experiment
    if (!known || known.version <= experiment.version) keep(key, { experiment, error: null })
  } catch (error) {
    const isMissing = error instanceof ApiError && error.status === 404
    const known = findExperiment(key)?.experiment ?? null
    if (isMissing) keep(key, { experiment: null, error: null })
    else keep(key, { experiment: known, error: describeError(error) })
  }
}

type Version = Pick<Experiment, 'key' | 'version'>

export const createExperiment = async (json: ExperimentCreation): Promise<void> => {
  const load = () => loadExperiment(json.key)
  await edit(api.experiments.$post({ json }), load, `${json.key} is created as a draft`)
}

export const updateExperiment = async (
  { key, version }: Version,
  patch: Omit<ExperimentPatch, 'comment'>,
  comment: string,
): Promise<void> => {
  const json = { ...patch, ...withComment(comment) }
  await edit(
    one.$patch({ param: encodeParams({ key }), json }, versionHeaders(version)),
    () => loadExperiment(key),
    `${key} is saved`,
  )
}

export type Schedule = Pick<Experiment, 'startAt' | 'stopAt'>

/** The settings of a launch. */
export type LaunchSettings = Schedule & { readonly startOver?: boolean }

const DONE: Readonly<Record<Step, string>> = {
  launch: 'launched',
  pause: 'paused',
  stop: 'stopped',
  rerun: 'running again',
  archive: 'archived',
  unarchive: 'back in the list',
  delete: 'deleted',
}

/** Takes a step of the life cycle. Only a launch has settings. */
export const takeStep = async (
  step: Step,
  { key, version }: Version,
  comment: string,
  settings: LaunchSettings,
): Promise<void> => {
  const sent = { param: encodeParams({ key }), json: withComment(comment) }
  const only = versionHeaders(version)
  const launch = (json: LaunchSettings) =>
    one.launch.$post({ ...sent, json: { ...json, ...sent.json } }, only)
  const pending = {
    launch: () => launch(settings),
    rerun: () => launch({ ...settings, startOver: true }),
    pause: () => one.pause.$post(sent, only),
    stop: () => one.stop.$post(sent, only),
    archive: () => one.archive.$post(sent, only),
    unarchive: () => one.unarchive.$post(sent, only),
    delete: () => one.$delete(sent, only),
  }
  await edit(pending[step](), () => loadExperiment(key), `${key} is ${DONE[step]}`)
}
