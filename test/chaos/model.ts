/*
 * The expected state, as plain data and pure functions: the flags, experiments and keys after each edit. It follows
 * the contract (design.md, 2 and 3) and shares no code with the Worker.
 */

export type FlagState = { enabled: boolean; rollout: number; version: number }
export type ExperimentState = {
  status: 'DRAFT' | 'RUNNING' | 'PAUSED' | 'STOPPED'
  weights: readonly number[]
  startAt: number | null
  stopAt: number | null
  launched: boolean
  isBucketed: boolean
  version: number
}
/** An interval in which an experiment assigned users by some weights. `until` is null while it lasts. */
export type Run = {
  readonly from: number
  readonly until: number | null
  readonly weights: readonly number[]
}
export type KeyState = { name: string; isRevoked: boolean }

/** By target, as the audit names it: `flag:KEY`, `experiment:KEY`, `key:ID`. */
export type World = {
  readonly flags: Readonly<Record<string, FlagState>>
  readonly experiments: Readonly<Record<string, ExperimentState>>
  /** By experiment, in order. */
  readonly runs: Readonly<Record<string, readonly Run[]>>
  readonly keys: Readonly<Record<string, KeyState>>
  /** The version at a deletion. A new thing under the same key counts on from there. */
  readonly buried: Readonly<Record<string, number>>
}

export const NOTHING: World = { flags: {}, experiments: {}, runs: {}, keys: {}, buried: {} }

type Required = number | 'absent' | undefined
export type Edit =
  | {
      on: 'flag'
      target: string
      method: 'PUT' | 'PATCH' | 'DELETE'
      settings: { enabled: boolean; rollout?: number }
      requires: Required
    }
  | {
      on: 'experiment'
      target: string
      act: 'create' | 'launch' | 'pause' | 'reweight' | 'stop' | 'delete'
      weights: readonly number[]
      schedule: { startAt?: number; stopAt?: number }
      requires: Required
    }
  | { on: 'key'; target: string; act: 'create' | 'revoke'; name: string }

export type Verdict =
  | { is: 'changed'; world: World; after: FlagState | ExperimentState | KeyState | null }
  | { is: 'same' }
  | { is: 'refused'; status: number }

const refused = (status: number): Verdict => ({ is: 'refused', status })
const without = <T>(all: Readonly<Record<string, T>>, target: string) =>
  Object.fromEntries(Object.entries(all).filter(([name]) => name !== target))

const isSame = (a: object, b: object) => JSON.stringify(a) === JSON.stringify(b)

const putFlag = (world: World, target: string, after: FlagState): Verdict => ({
  is: 'changed',
  world: { ...world, flags: { ...world.flags, [target]: after } },
  after,
})

const editFlag = (world: World, edit: Edit & { on: 'flag' }): Verdict => {
  const { target, method, settings, requires } = edit
  const flag = world.flags[target]
  if (requires === 'absent' ? flag : requires !== undefined && flag?.version !== requires)
    return refused(412)
  if (!flag && method !== 'PUT') return refused(404)
  if (method === 'DELETE')
    return {
      is: 'changed',
      world: {
        ...world,
        flags: without(world.flags, target),
        buried: { ...world.buried, [target]: flag?.version ?? 0 },
      },
      after: null,
    }
  const version = (flag?.version ?? world.buried[target] ?? 0) + 1
  const rollout = settings.rollout ?? flag?.rollout ?? 0
  if (flag?.enabled === settings.enabled && flag.rollout === rollout) return { is: 'same' }
  return putFlag(world, target, { enabled: settings.enabled, rollout, version })
}

type Next = Omit<ExperimentState, 'version'> | number

/** Removes a planned start that never came. */
const stopped = <From extends Omit<ExperimentState, 'version'>>(from: From, now: number): From => {
  const stopAt = from.status === 'RUNNING' ? Math.min(from.stopAt ?? now, now) : now
  const isStarted = from.startAt === null || from.startAt < stopAt
  return { ...from, status: 'STOPPED', stopAt, startAt: isStarted ? from.startAt : null }
}

const launched = (from: ExperimentState, schedule: object, now: number): Next => {
  if (from.status !== 'DRAFT' && from.status !== 'PAUSED') return 409
  const { version: _, ...next } = { ...from, ...schedule }
  const { startAt, stopAt } = next
  if (stopAt !== null && (stopAt <= now || (startAt !== null && startAt >= stopAt))) return 409
  if (from.weights[0] === 0) return 409
  return { ...next, status: 'RUNNING', startAt: startAt ?? now, launched: true }
}

const nextExperiment = (
  current: ExperimentState,
  { act, weights, schedule }: Edit & { on: 'experiment' },
  now: number,
): Next | null => {
  const { version: _, ...from } = current
  switch (act) {
    case 'create':
      return 409
    case 'launch':
      return launched(current, schedule, now)
    case 'pause':
      return from.status === 'RUNNING' ? { ...from, status: 'PAUSED' } : 409
    case 'stop':
      if (from.status !== 'RUNNING' && from.status !== 'PAUSED') return 409
      return stopped(from, now)
    case 'reweight': {
      const isOther = !isSame(weights, from.weights)
      if (from.status !== 'DRAFT' && from.status !== 'PAUSED') return isOther ? 409 : from
      return { ...from, weights, isBucketed: from.isBucketed && !(isOther && from.launched) }
    }
    case 'delete':
      return from.status === 'DRAFT' ? null : 409
  }
}

/** A launch begins a run at its start. A pause or a stop ends it, and removes a run that has not begun. */
const nextRuns = (
  runs: readonly Run[],
  before: ExperimentState | undefined,
  { status, weights, startAt, stopAt }: ExperimentState,
  now: number,
): readonly Run[] => {
  if (before?.status !== 'RUNNING' && status === 'RUNNING')
    return [...runs, { from: Math.max(now, startAt ?? now), until: null, weights }]
  const last = runs.at(-1)
  if (before?.status !== 'RUNNING' || status === 'RUNNING' || !last) return runs
  const until = Math.min(now, stopAt ?? now)
  return until < last.from ? runs.slice(0, -1) : [...runs.slice(0, -1), { ...last, until }]
}

const editExperiment = (world: World, edit: Edit & { on: 'experiment' }, now: number): Verdict => {
  const { target, requires } = edit
  const from = world.experiments[target]
  const put = (after: ExperimentState): Verdict => ({
    is: 'changed',
    world: {
      ...world,
      experiments: { ...world.experiments, [target]: after },
      runs: { ...world.runs, [target]: nextRuns(world.runs[target] ?? [], from, after, now) },
    },
    after,
  })
  if (!from)
    return edit.act === 'create'
      ? put({
          status: 'DRAFT',
          weights: edit.weights,
          startAt: null,
          stopAt: null,
          launched: false,
          isBucketed: true,
          version: (world.buried[target] ?? 0) + 1,
        })
      : refused(404)
  if (edit.act !== 'create' && requires !== undefined && from.version !== requires)
    return refused(412)
  const next = nextExperiment(from, edit, now)
  if (typeof next === 'number') return refused(next)
  if (next === null)
    return {
      is: 'changed',
      world: {
        ...world,
        experiments: without(world.experiments, target),
        buried: { ...world.buried, [target]: from.version },
      },
      after: null,
    }
  const after = { ...next, version: from.version }
  return isSame(after, from) ? { is: 'same' } : put({ ...after, version: from.version + 1 })
}

const editKey = (world: World, { act, target, name }: Edit & { on: 'key' }): Verdict => {
  const isNamed = Object.values(world.keys).some((key) => key.name === name)
  const key = world.keys[target]
  if (act === 'create' && isNamed) return refused(409)
  if (act === 'revoke' && (!key || key.isRevoked)) return refused(404)
  const after = { name, isRevoked: act === 'revoke' }
  return { is: 'changed', world: { ...world, keys: { ...world.keys, [target]: after } }, after }
}

/** The result of an edit: the world after it, no change, or a refusal with its status. */
export const applyEdit = (world: World, edit: Edit, now: number): Verdict => {
  switch (edit.on) {
    case 'flag':
      return editFlag(world, edit)
    case 'experiment':
      return editExperiment(world, edit, now)
    case 'key':
      return editKey(world, edit)
  }
}

export const isOn = (flag: FlagState) => flag.enabled && flag.rollout === 100

export const isActive = (experiment: ExperimentState, now: number) =>
  experiment.status === 'RUNNING' &&
  (experiment.startAt === null || experiment.startAt <= now) &&
  (experiment.stopAt === null || experiment.stopAt > now)

/** The clock of a client may be this much behind, so a row may seem to come before its run. */
const CLOCK_BEHIND_MS = 5 * 60_000
/** A page may show a variant for this long after its run. */
const LINGER_MS = 60_000
/** Rows are taken for this long after the end of their run. */
const LATE_MS = 7 * 86_400_000

const distanceTo = (from: number, until: number, at: number) => {
  if (at < from) return at >= from - CLOCK_BEHIND_MS ? from - at : Infinity
  if (at < until) return 0
  return at <= until + LINGER_MS ? at - until : Infinity
}

/** The run that a row of this instant belongs to; null when no user could get a variant then. */
export const runAt = (
  world: World,
  target: string,
  at: number,
  now: number,
): Run | 'BEFORE_LAUNCH' | null => {
  const runs = world.runs[target] ?? []
  const [first] = runs
  if (!first || at < first.from - CLOCK_BEHIND_MS) return 'BEFORE_LAUNCH'
  let [nearest, least]: [Run | null, number] = [null, Infinity]
  for (const run of runs) {
    const until = run.until ?? world.experiments[target]?.stopAt ?? Infinity
    const distance = until + LATE_MS < now ? Infinity : distanceTo(run.from, until, at)
    if (distance < least) [nearest, least] = [run, distance]
  }
  return nearest
}
