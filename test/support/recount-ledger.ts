/*
 * What a history did to one experiment, and what its results must be: one list of facts, counted by plain loops. It shares
 * no code with the product, and reads no roll-up.
 */

export type Seen = { person: string; at: number; variant: string; phase: number }
export type Done = { person: string; at: number; span: number; type: string }
export type Assigned = { variant: string; phase: number; at: number; isConflict: boolean }
type Run = { phase: number; from: number; until: number; weights: string }

export type Ledger = {
  /** By the id of the person, as the results know it: after a sign-in, the user id. */
  assigned: Map<string, Assigned>
  /** By sender and id of the row. */
  seen: Map<string, Seen>
  done: Map<string, Done>
  runs: Run[]
  firstCounted: number
  stoppedAt: number | null
  /** The ids that the lists of the experiment have now. */
  listed: Set<string>
  /** The people who count in no result. */
  leftOut: Map<string, { why: 'testers' | 'list'; isForGood: boolean; since: number }>
}

export const createLedger = (): Ledger => ({
  assigned: new Map(),
  seen: new Map(),
  done: new Map(),
  runs: [],
  firstCounted: 1,
  stoppedAt: null,
  listed: new Set(),
  leftOut: new Map(),
})

/** The phase of an instant: that of the run which it is in, or else of the nearest one. */
export const phaseAt = ({ runs }: Ledger, at: number, span: number): number => {
  let best = { phase: 1, distance: Number.POSITIVE_INFINITY }
  for (const { phase, from, until } of runs) {
    const distance = at + span < from ? from - at : at < until ? -1 : at - until
    if (distance < best.distance) best = { phase, distance }
  }
  return best.phase
}

export const launchAt = (ledger: Ledger, at: number, weights: string, startsOver: boolean) => {
  const last = ledger.runs.at(-1)
  const isNew = last !== undefined && (startsOver || last.weights !== weights)
  const phase = (last?.phase ?? 1) + (isNew ? 1 : 0)
  ledger.runs.push({ phase, from: at, until: Number.POSITIVE_INFINITY, weights })
  if (startsOver && last) ledger.firstCounted = phase
  ledger.stoppedAt = null
}

export const endRun = ({ runs }: Ledger, at: number) => {
  const last = runs.at(-1)
  if (last && last.until > at) last.until = at
}

/** Notes that a person saw a variant; the first time assigns it. A row that was noted before stays. */
export const noteSeen = (
  ledger: Ledger,
  row: string,
  person: string,
  variant: string,
  { at, span }: { at: number; span: number },
) => {
  if (ledger.seen.has(row)) return
  const phase = ledger.assigned.get(person)?.phase ?? phaseAt(ledger, at, span)
  if (!ledger.assigned.has(person))
    ledger.assigned.set(person, { variant, phase, at, isConflict: false })
  ledger.seen.set(row, { person, at, variant, phase })
}

export const noteDone = (ledger: Ledger, row: string, done: Done) => {
  if (!ledger.done.has(row)) ledger.done.set(row, done)
}

/** A sign-in: all that the anonymous id has becomes the user's. */
export const mergeInto = (ledger: Ledger, anonymous: string, user: string, at: number) => {
  const theirs = ledger.assigned.get(anonymous)
  const out = ledger.leftOut.get(anonymous)
  for (const done of ledger.done.values()) if (done.person === anonymous) done.person = user
  if (out)
    ledger.leftOut.set(user, {
      ...(ledger.leftOut.get(user) ?? { why: out.why, since: at }),
      isForGood: true,
    })
  if (!theirs) return
  const own = ledger.assigned.get(user)
  if (!own) ledger.assigned.set(user, { ...theirs, at, isConflict: false })
  else if (own.variant !== theirs.variant) own.isConflict = true
  for (const seen of ledger.seen.values()) if (seen.person === anonymous) seen.person = user
  ledger.assigned.delete(anonymous)
}

/** A removal: nothing of the person was ever there. A listed id stays listed. */
export const forget = (ledger: Ledger, person: string) => {
  ledger.assigned.delete(person)
  for (const rows of [ledger.seen, ledger.done])
    for (const [name, row] of rows) if (row.person === person) rows.delete(name)
  if (!ledger.listed.has(person)) ledger.leftOut.delete(person)
}

/** A tester stays out for good, a user of the list until the list no longer has the user. */
export const noteLists = (
  { leftOut, ...ledger }: Ledger,
  testers: readonly string[],
  list: readonly string[],
  at: number,
) => {
  ledger.listed.clear()
  for (const id of [...testers, ...list]) ledger.listed.add(id)
  for (const [id, { isForGood }] of leftOut)
    if (!isForGood && !ledger.listed.has(id)) leftOut.delete(id)
  for (const id of testers)
    leftOut.set(id, { why: 'testers', isForGood: true, since: leftOut.get(id)?.since ?? at })
  for (const id of list)
    if (!leftOut.has(id)) leftOut.set(id, { why: 'list', isForGood: false, since: at })
}

const WINDOW = 7 * 24 * 3_600_000
const COUNTS = ['assignments', 'exposures', 'exposedUsers', 'conversions', 'clicks'] as const
export type Sums = Record<(typeof COUNTS)[number], number>

/** One thing that counts, at the instant by which ranges and days have it. */
export type Tick = { at: number; phase: number; variant: string; count: keyof Sums }

const findFirst = (ledger: Ledger, person: string): number => {
  let first = Number.POSITIVE_INFINITY
  for (const seen of ledger.seen.values())
    if (seen.person === person) first = Math.min(first, seen.at)
  return first
}

/** Lists everything that counts. */
const listTicks = (ledger: Ledger): Tick[] => {
  const ticks: Tick[] = []
  const out = (person: string) =>
    ledger.leftOut.has(person) || ledger.assigned.get(person)?.isConflict === true
  for (const { person, at, phase, variant } of ledger.seen.values())
    if (!out(person)) ticks.push({ at, phase, variant, count: 'exposures' })
  for (const [person, { at: assignedAt, phase, variant }] of ledger.assigned) {
    if (out(person)) continue
    ticks.push({ at: assignedAt, phase, variant, count: 'assignments' })
    const at = findFirst(ledger, person)
    if (at === Number.POSITIVE_INFINITY) continue
    ticks.push({ at, phase, variant, count: 'exposedUsers' })
    let hasBooked = false
    for (const done of ledger.done.values()) {
      if (done.person !== person || done.at + done.span <= at) continue
      if (ledger.stoppedAt !== null && done.at > ledger.stoppedAt + WINDOW) continue
      if (done.type === 'event.viewed') ticks.push({ at, phase, variant, count: 'clicks' })
      if (done.type === 'booking.confirmed' && done.at <= at + WINDOW) hasBooked = true
    }
    if (hasBooked) ticks.push({ at, phase, variant, count: 'conversions' })
  }
  return ticks
}

export type Range = { from?: number | undefined; to?: number | undefined }

const QUARTER = 15 * 60_000
const quarter = (at: number) => at - (((at % QUARTER) + QUARTER) % QUARTER)
const isWithin = (at: number, { from, to }: Range) =>
  (from === undefined || at >= quarter(from)) && (to === undefined || at < quarter(to))

const sum = (ticks: readonly Tick[], nameTick: (tick: Tick) => string): Record<string, Sums> => {
  const sums: Record<string, Sums> = {}
  for (const tick of ticks) {
    const own = (sums[nameTick(tick)] ??= {
      assignments: 0,
      exposures: 0,
      exposedUsers: 0,
      conversions: 0,
      clicks: 0,
    })
    own[tick.count]++
  }
  return sums
}

/** Local dates by another way than the product's. */
const dateIn = (zone: string, at: number) =>
  new Date(at).toLocaleDateString('sv-SE', { timeZone: zone })

/** Counts what `/metrics` must answer. */
export const recount = (ledger: Ledger, range: Range, zone: string, now: number) => {
  const all = listTicks(ledger).filter(({ at }) => isWithin(at, range))
  const counted = all.filter(({ phase }) => phase >= ledger.firstCounted)
  const users = counted.filter(({ count }) => count === 'exposedUsers')
  const mature = users.filter(({ at }) => quarter(at) + QUARTER + WINDOW <= now)
  let conflicts = 0
  const leftOut = { testers: 0, list: 0, counted: 0 }
  for (const [person, { at, phase, isConflict }] of ledger.assigned) {
    if (phase < ledger.firstCounted || !isWithin(at, range)) continue
    const out = ledger.leftOut.get(person)
    if (isConflict) conflicts++
    else if (out) {
      leftOut[out.why]++
      if (findFirst(ledger, person) <= out.since) leftOut.counted++
    }
  }
  return {
    variants: sum(counted, ({ variant }) => variant),
    phases: sum(all, ({ phase, variant }) => `${phase} ${variant}`),
    days: sum(counted, ({ at, variant }) => `${dateIn(zone, at)} ${variant}`),
    maturity: {
      exposedUsers: users.length,
      matured: mature.length,
      intakeDays: new Set(mature.map(({ at }) => dateIn('UTC', at))).size,
    },
    conflicts,
    leftOut,
  }
}
