import type { Experiment } from '../../schema/experiment.ts'
import { isFound } from './known.ts'
import { joined } from './names.ts'
import { counted } from '../../worker/experiments/numbers.ts'

/** What an experiment is for people, those at work first: SCHEDULED is RUNNING before its startAt. */
export const STATUSES = {
  RUNNING: 'Running',
  SCHEDULED: 'Scheduled',
  PAUSED: 'Paused',
  DRAFT: 'Draft',
  STOPPED: 'Stopped',
} as const
export type ShownStatus = keyof typeof STATUSES

type Timed = Pick<Experiment, 'status' | 'startAt' | 'stopAt' | 'launchedAt'>

/** The edge stops by its own clock: past its stopAt a running experiment is over, whatever is written yet. */
export const statusAt = ({ status, startAt, stopAt }: Timed, now: number): ShownStatus => {
  if (status !== 'RUNNING') return status
  if (stopAt !== null && Date.parse(stopAt) <= now) return 'STOPPED'
  return startAt !== null && Date.parse(startAt) > now ? 'SCHEDULED' : 'RUNNING'
}

const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
const DAY_MS = 86_400_000

/** Local time, to the minute. */
export const instant = (iso: string): string => date.format(new Date(iso))

const lasting = (ms: number) => {
  const days = Math.floor(ms / DAY_MS)
  return days > 0 ? counted(days, 'day') : counted(Math.max(0, Math.floor(ms / 3_600_000)), 'hour')
}

/** Since when, and until when, in words. */
export const whenOf = (experiment: Timed, now: number): string => {
  const { startAt, stopAt, launchedAt } = experiment
  // Set to start earlier than it was launched, it began when it was; stopped before its start, it never did.
  const begin = startAt && launchedAt && startAt < launchedAt ? launchedAt : startAt
  const end = stopAt && `stops by itself ${instant(stopAt)}`
  switch (statusAt(experiment, now)) {
    case 'SCHEDULED':
      return joined(begin && `Starts ${instant(begin)}`, end)
    case 'RUNNING':
      return joined(
        begin && `Running for ${lasting(now - Date.parse(begin))}, since ${instant(begin)}`,
        end,
      )
    case 'PAUSED':
      // Nor does it stop by itself: that takes a launch.
      return 'Paused: nobody new is assigned, and nobody sees a variant'
    case 'STOPPED':
      return joined(
        begin ? `Ran from ${instant(begin)}` : 'Never started',
        stopAt && `stopped ${instant(stopAt)}`,
      )
    case 'DRAFT':
      return joined('Not launched yet', startAt && `set to start ${instant(startAt)}`, end)
  }
}

const ORDER = Object.keys(STATUSES)

/** `ALL`, or one status. */
export const FILTERS = { ALL: 'All', ...STATUSES } as const
export type Filter = keyof typeof FILTERS

/** What a list shows of the experiments: those at work first. */
export const experimentsIn = (
  experiments: readonly Experiment[],
  { search, filter }: { readonly search: string; readonly filter: Filter },
  now: number,
): Experiment[] => {
  const rankOf = (experiment: Experiment) => ORDER.indexOf(statusAt(experiment, now))
  return experiments
    .filter((experiment) => filter === 'ALL' || statusAt(experiment, now) === filter)
    .filter(({ key, description, variants }) =>
      isFound(search, key, description, ...variants.map(({ name }) => name)),
    )
    .toSorted((a, b) => rankOf(a) - rankOf(b) || (a.key < b.key ? -1 : 1))
}
