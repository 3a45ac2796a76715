import type { Experiment } from '../../schema/experiment.ts'
import { joinParts } from './names.ts'
import { counted } from '../../worker/experiments/numbers.ts'

/** The statuses that pages show, running first. SCHEDULED means RUNNING before the startAt. */
export const STATUSES = {
  RUNNING: 'Running',
  SCHEDULED: 'Scheduled',
  PAUSED: 'Paused',
  DRAFT: 'Draft',
  STOPPED: 'Stopped',
} as const
export type ShownStatus = keyof typeof STATUSES

type Timed = Pick<Experiment, 'status' | 'startAt' | 'stopAt' | 'launchedAt'>

/** The edge stops an experiment by the clock, so past its stopAt it counts as stopped at once. */
export const getStatus = ({ status, startAt, stopAt }: Timed, now: number): ShownStatus => {
  if (status !== 'RUNNING') return status
  if (stopAt !== null && Date.parse(stopAt) <= now) return 'STOPPED'
  return startAt !== null && Date.parse(startAt) > now ? 'SCHEDULED' : 'RUNNING'
}

const date = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
const DAY_MS = 86_400_000

/** Local time, to the minute. */
export const formatInstant = (iso: string): string => date.format(new Date(iso))

const formatDuration = (ms: number) => {
  const days = Math.floor(ms / DAY_MS)
  return days > 0 ? counted(days, 'day') : counted(Math.max(0, Math.floor(ms / 3_600_000)), 'hour')
}

/** Says since when and until when an experiment runs. */
export const describeTiming = (experiment: Timed, now: number): string => {
  const { startAt, stopAt, launchedAt } = experiment
  // With a startAt before the launch, it began at the launch. Stopped before its start, it never began.
  const begin = startAt && launchedAt && startAt < launchedAt ? launchedAt : startAt
  const end = stopAt && `stops by itself ${formatInstant(stopAt)}`
  switch (getStatus(experiment, now)) {
    case 'SCHEDULED':
      return joinParts(begin && `Starts ${formatInstant(begin)}`, end)
    case 'RUNNING':
      return joinParts(
        begin &&
          `Running for ${formatDuration(now - Date.parse(begin))}, since ${formatInstant(begin)}`,
        end,
      )
    case 'PAUSED':
      // A paused experiment does not stop by itself either.
      return 'Paused: no user is assigned or sees a variant'
    case 'STOPPED':
      return joinParts(
        begin ? `Ran from ${formatInstant(begin)}` : 'Never started',
        stopAt && `stopped ${formatInstant(stopAt)}`,
      )
    case 'DRAFT':
      return joinParts('Not launched yet', startAt && `set to start ${formatInstant(startAt)}`, end)
  }
}

/** All experiments that are not archived, or those of one status. */
export const FILTERS = { ALL: 'All', ...STATUSES, ARCHIVED: 'Archived' } as const
export type Filter = keyof typeof FILTERS
