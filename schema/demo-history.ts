import type { Variant } from './experiment.ts'

/*
 * A plausible past for the demo experiment: the rows of two weeks of visitors. The generator is seeded, so that every
 * machine shows the same. The variant comes from the bucket, as at the edge.
 */

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

/** Mulberry32: 32 bits of state, uniform in [0, 1). Tommy Ettinger, public domain. */
export const seededRandom = (seed: number) => {
  let state = seed >>> 0
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Of one variant: the share of users who book, and how many events a user views. */
export type Behaviour = { readonly conversionRate: number; readonly viewsPerUser: number }

export type HistoryOptions = {
  readonly seed: number
  readonly experimentKey: string
  readonly users: number
  readonly days: number
  /** Epoch milliseconds at which the history ends. */
  readonly endsAt: number
  readonly behaviour: Readonly<Record<Variant['name'], Behaviour>>
  readonly chooseVariant: (userId: string) => string
}

/** Visits are more likely in the evening and at weekends: people buy tickets after work. */
const visitAt = (random: () => number, startsAt: number, days: number): number => {
  for (;;) {
    const at = startsAt + random() * days * DAY_MS
    const hour = new Date(at).getUTCHours()
    const isWeekend = [0, 6].includes(new Date(at).getUTCDay())
    const appeal = (0.25 + 0.75 * Math.exp(-(((hour - 14) / 5) ** 2))) * (isWeekend ? 1 : 0.7)
    if (random() < appeal) return Math.floor(at)
  }
}

/** The rows of all users, in the shape in which they go into D1. */
export const createDemoHistory = ({
  seed,
  experimentKey,
  users,
  days,
  endsAt,
  behaviour,
  chooseVariant,
}: HistoryOptions) => {
  const random = seededRandom(seed)
  const assignments = []
  const exposures = []
  const events = []
  for (let index = 1; index <= users; index++) {
    const userId = `demo-${String(index).padStart(5, '0')}`
    const variant = chooseVariant(userId)
    const { conversionRate, viewsPerUser } = behaviour[variant] ?? {
      conversionRate: 0,
      viewsPerUser: 0,
    }
    const at = visitAt(random, endsAt - days * DAY_MS, days)
    assignments.push({ experimentKey, userId, variant, at })
    const returns = Math.floor(random() ** 2 * 4)
    for (let visit = 0; visit <= returns; visit++) {
      const seenAt = at + Math.floor(visit * random() * DAY_MS)
      if (seenAt < endsAt)
        exposures.push({
          id: visit === 0 ? `first:${experimentKey}` : `visit-${visit}`,
          experimentKey,
          userId,
          variant,
          at: seenAt,
        })
    }
    const views = Math.floor(random() * 2 * viewsPerUser)
    for (let view = 1; view <= views; view++) {
      const viewedAt = at + Math.ceil(random() * 6 * HOUR_MS)
      if (viewedAt < endsAt)
        events.push({ id: `view-${view}`, type: 'event.viewed', userId, at: viewedAt })
    }
    const bookedAt = at + Math.ceil(random() ** 3 * 6 * DAY_MS) + 60_000
    if (random() < conversionRate && bookedAt < endsAt)
      events.push({ id: 'booking-1', type: 'booking.confirmed', userId, at: bookedAt })
  }
  return { assignments, exposures, events }
}
