import type { Metrics } from '../../schema/metrics.ts'

/** The verdict on an experiment in words. */
export type Words = Pick<Metrics['words'], 'tone' | 'headline' | 'detail' | 'next'>

/** The results that the words describe. */
export type WordsInput = {
  readonly metrics: Pick<Metrics, 'analysis' | 'maturity' | 'baseline' | 'leftOut' | 'from' | 'to'>
  /** Stopped: no more users will come. */
  readonly isOver: boolean
  /** Days until the plan is complete; null when no estimate is possible. */
  readonly daysLeft: number | null
}

const minute = (at: string) => `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`

/** "from 2026-11-20 00:00 UTC to 2026-11-29 00:00 UTC" */
export const formatRange = ({ from, to }: Pick<Metrics, 'from' | 'to'>): string =>
  [from && `from ${minute(from)}`, to && `to ${minute(to)}`].filter(Boolean).join(' ')
