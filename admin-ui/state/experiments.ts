import type { Experiment, ExperimentCreation, ExperimentPatch } from '../../schema/experiment.ts'
import { readAnswer, api, encodeParams } from '../api.ts'
import type { Step } from '../model/steps.ts'
import { withComment, edit, versionHeaders } from './edit.ts'
import { createList } from './list.ts'

export const { list: experiments, load: loadExperiments } = createList<Experiment>((query) =>
  readAnswer(api.experiments.$get({ query })),
)

/** Finds an experiment in the loaded list. */
export const findExperiment = (key: string): Experiment | undefined =>
  experiments.value.items?.find((experiment) => experiment.key === key)

type Version = Pick<Experiment, 'key' | 'version'>

const one = api.experiments[':key']

export const createExperiment = async (json: ExperimentCreation): Promise<void> => {
  await edit(api.experiments.$post({ json }), loadExperiments, `${json.key} is created as a draft`)
}

export const updateExperiment = async (
  { key, version }: Version,
  patch: Omit<ExperimentPatch, 'comment'>,
  comment: string,
): Promise<void> => {
  const json = { ...patch, ...withComment(comment) }
  await edit(
    one.$patch({ param: encodeParams({ key }), json }, versionHeaders(version)),
    loadExperiments,
    `${key} is saved`,
  )
}

export type Schedule = Pick<Experiment, 'startAt' | 'stopAt'>

const DONE: Readonly<Record<Step, string>> = {
  launch: 'launched',
  pause: 'paused',
  stop: 'stopped',
  archive: 'archived',
  unarchive: 'back in the list',
  delete: 'deleted',
}

/** Takes a step of the life cycle. Only a launch sets the schedule. */
export const takeStep = async (
  step: Step,
  { key, version }: Version,
  comment: string,
  schedule: Schedule,
): Promise<void> => {
  const sent = { param: encodeParams({ key }), json: withComment(comment) }
  const only = versionHeaders(version)
  const pending = {
    launch: () => one.launch.$post({ ...sent, json: { ...schedule, ...sent.json } }, only),
    pause: () => one.pause.$post(sent, only),
    stop: () => one.stop.$post(sent, only),
    archive: () => one.archive.$post(sent, only),
    unarchive: () => one.unarchive.$post(sent, only),
    delete: () => one.$delete(sent, only),
  }
  await edit(pending[step](), loadExperiments, `${key} is ${DONE[step]}`)
}
