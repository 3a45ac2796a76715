import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { onTestFinished, vi } from 'vitest'
import type { Bundle } from '../../schema/evaluation.ts'
import type { Experiment } from '../../schema/experiment.ts'
import type { IdentifyResponse } from '../../schema/identity.ts'
import type { AssignResponse, BatchResponse } from '../../schema/participation.ts'
import type { Env } from '../../worker/env.ts'
import { getParticipant } from '../../worker/objects/stubs.ts'
import type { Participant } from '../../worker/objects/participant/participant.ts'
import { ADMIN, CLIENT, json, send, sendWith } from './api.ts'
import { countQueued } from './participant-tables.ts'

type Settings = {
  variants?: readonly { name: string; weight: number }[]
  startAt?: string
  stopAt?: string
  plan?: object
}

export type Step = 'launch' | 'pause' | 'stop' | 'archive' | 'unarchive'

/** The answer to an edit of an experiment. */
export type Edit = { experiment: Experiment; snapshotVersion: number; published: boolean }

export const HALVES = [
  { name: 'A', weight: 50 },
  { name: 'B', weight: 50 },
] as const

/** A and B with these weights. */
/** An experiment as the audit stores it: without its history, because the audit is the history. */
export const withoutHistory = <Read extends Experiment | null>(experiment: Read) => {
  if (experiment === null) return experiment
  const { startedAt: _startedAt, stoppedAt: _stoppedAt, phases: _phases, ...rest } = experiment
  return rest
}

export const weighted = (a: number, b: number) => [
  { name: 'A', weight: a },
  { name: 'B', weight: b },
]

/** The answer of an edit. Throws the API's error when it refuses. */
const edited = async (answer: Promise<Response>): Promise<Edit> => {
  const response = await answer
  if (!response.ok) throw new Error(await response.text())
  return json(response)
}

/** Creates a draft. */
export const draft = (key: string, { variants = HALVES, ...settings }: Settings = {}) =>
  edited(send('POST', '/api/experiments', { as: ADMIN, body: { key, variants, ...settings } }))

/** Creates and launches an experiment through the API. Returns the snapshot version in which it runs. */
export const runExperiment = async (key: string, settings: Settings = {}): Promise<number> => {
  await draft(key, settings)
  return act(key, 'launch')
}

/** One step of the life cycle. Throws the API's error when it refuses. */
export const act = async (key: string, step: Step, body = {}): Promise<number> =>
  (await edited(send('POST', `/api/experiments/${key}/${step}`, { as: ADMIN, body })))
    .snapshotVersion

/** Changes a draft or a paused experiment. */
export const patch = (key: string, body: object) =>
  edited(send('PATCH', `/api/experiments/${key}`, { as: ADMIN, body }))

/** Pauses, changes the variants and launches again. Returns the last snapshot version. */
export const reweight = async (key: string, variants: Settings['variants']): Promise<number> => {
  await act(key, 'pause')
  await patch(key, { variants })
  return act(key, 'launch')
}

/** The isolate to ask, and the snapshot version that it must have. */
export type Asked = { readonly at?: Env; readonly minVersion?: number }

const evaluation = <T>(path: string, body: object, { at, minVersion = 0 }: Asked): Promise<T> => {
  const sent = { as: CLIENT, body }
  const target = `${path}?minVersion=${minVersion}`
  return json<T>(at ? sendWith(at, 'POST', target, sent) : send('POST', target, sent))
}

export const assign = (key: string, userId: string, asked: Asked = {}) =>
  evaluation<AssignResponse>(`/v1/experiments/${key}/assign`, { context: { userId } }, asked)

export const getVariant = (key: string, userId: string, asked: Asked = {}) =>
  evaluation<{ variant: string | null }>(
    `/v1/experiments/${key}/variant`,
    { context: { userId } },
    asked,
  )

/** The user's variants in all experiments that are running. */
export const bundledVariants = async (userId: string, asked: Asked = {}) => {
  const { variants } = await evaluation<Bundle>('/v1/bundle', { context: { userId } }, asked)
  return variants
}

/** Signs an anonymous user in. */
export const identify = (anonymousId: string, userId: string, asked: Asked = {}) =>
  evaluation<IdentifyResponse>('/v1/identify', { anonymousId, userId }, asked)

export type SentExposure = {
  id: string
  experimentKey: string
  userId: string
  variant: string
  ts?: number | string
}
export type SentEvent = { id: string; type: string; userId: string; ts?: number | string }

/** Makes exposures of users to A of an experiment, but for what a test says otherwise. */
export const exposuresTo =
  (experimentKey: string) =>
  (userId: string, id: string, over: object = {}): SentExposure => ({
    id,
    experimentKey,
    userId,
    variant: 'A',
    ...over,
  })

/** Logs exposures. Each must have an answer. */
export const expose = (exposures: readonly SentExposure[], asked: Asked = {}) =>
  evaluation<BatchResponse>('/v1/exposures', { exposures }, asked)

export const track = (events: readonly SentEvent[], asked: Asked = {}) =>
  evaluation<BatchResponse>('/v1/events', { events }, asked)

/** The body of an answer that took all items. */
export const accepted = (count: number): BatchResponse => ({
  accepted: count,
  duplicates: 0,
  rejected: [],
})

/** A separate isolate. It keeps its snapshot when a newer one is published. */
export const isolate = (bindings: Partial<Env> = {}): Env => ({ ...env, ...bindings })

export const participant = (userId: string) => getParticipant(env, userId)

/** Makes the user's object send its rows to D1. */
export const drain = (userId: string) => runDurableObjectAlarm(participant(userId))

/** The due time of the user's object's alarm. Null when there is none. */
export const readAlarm = (userId: string) =>
  runInDurableObject<Participant, number | null>(participant(userId), (_, { storage }) =>
    storage.getAlarm(),
  )

/** The number of rows in the user's object that D1 has not confirmed. */
export const countPending = (userId: string) =>
  runInDurableObject<Participant, number>(participant(userId), (_, { storage }) =>
    countQueued(storage),
  )

/** Runs code within the user's object, because only code there can resolve its promises. */
export const inside = (userId: string, work: () => unknown) =>
  runInDurableObject<Participant, void>(participant(userId), () => void work())

const realTimeout = globalThis.setTimeout

/** Deadlines of this length fire at once for the rest of a test. The stopped clock holds the others. */
export const expireAtOnce = (deadlineMs: number) => fireAtOnce((ms) => ms === deadlineMs)

/** Timers that are selected by their length fire at once for the rest of a test. */
export const fireAtOnce = (isSelected: (ms: number) => boolean) => {
  const held = globalThis.setTimeout
  const expiring = (expire: () => void, ms: number) =>
    isSelected(ms) ? realTimeout(expire, 0) : held(expire, ms)
  const spy = vi
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation(expiring as unknown as typeof setTimeout)
  onTestFinished(() => spy.mockRestore())
}

/** Polls for a result that comes by itself. */
export const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await scheduler.wait(1)
}

/** All rows of a query on D1. */
export const rows = async <T = Record<string, unknown>>(
  query: string,
  ...values: unknown[]
): Promise<T[]> =>
  (
    await env.DB.prepare(query)
      .bind(...values)
      .all<T>()
  ).results

/** The first instant of the tests' own time: so late that no alarm fires by itself. */
export const LATER = Date.UTC(2040, 0, 1)

/**
 * Stops the clock at an instant later than each earlier one in this file. No deadline then passes by itself, so a slow
 * machine misses none.
 */
export const stopClock = () => {
  clock.last = Math.max(LATER, clock.last) + 3_600_000
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: clock.last })
}
const clock = { last: 0 }

/** Advances the stopped clock. Timers do not fire by it. */
export const pass = (ms: number) => {
  clock.last = Date.now() + ms
  vi.setSystemTime(clock.last)
}

/** The first user id of a series whose bucket gives the variant, by asking an isolate. */
export const userWith = async (key: string, variant: string, asked: Asked = {}, series = '') => {
  for (let index = 0; index < 1_000; index++) {
    const userId = `${key}-${variant}-${series}${index}`
    if ((await getVariant(key, userId, asked)).variant === variant) return userId
  }
  throw new Error(`nobody has ${variant} in ${key}`)
}
