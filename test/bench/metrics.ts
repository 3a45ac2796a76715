import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'
import { seededRandom } from '../../schema/demo-history.ts'
import { computeMetrics } from '../../worker/experiments/metrics.ts'
import { openDatabase, type Database } from '../../worker/store/database.ts'
import { readDayCounts } from '../../worker/store/metrics.ts'
import { writeParticipation } from '../../worker/store/participation.ts'
import { experimentWith } from '../support/experiment-fixture.ts'
import { cost, inTurns, median, progress, toMarkdown, type Topic } from './report.ts'

/*
 * The cost of results for a growing number of exposures. It reads and analyzes the roll-ups, as the metrics endpoint
 * does. The rows enter as from users' objects, through the triggers.
 */

const SIZES = [10_000, 100_000, 1_000_000]
const EXPOSURES_A_USER = 5
const USERS_A_WRITE = 1_000
const ROUNDS = 40

const HOUR_MS = 3_600_000
const DAYS = 14
const START = Date.UTC(2026, 5, 1)
const toKey = (size: number) => `bench-${size}`

const runningWith = (size: number) =>
  experimentWith({
    key: toKey(size),
    plan: { baselineRate: 0.1, minimumDetectableEffect: 0.1, power: 0.8, alpha: 0.05 },
    status: 'RUNNING',
    launchedAt: new Date(START).toISOString(),
  })

const migrations = resolve(import.meta.dirname, '../../schema/migrations')

const migrate = async (db: D1Database) => {
  const files = (await readdir(migrations)).filter((name) => name.endsWith('.sql')).toSorted()
  for (const file of files) {
    const text = await readFile(join(migrations, file), 'utf8')
    for (const statement of text.split('--> statement-breakpoint'))
      await db.prepare(statement).run()
  }
}

const random = seededRandom(7)
const someTime = () => START + Math.floor(random() * DAYS * 24 * HOUR_MS)

/** Two weeks of some users: assignments, exposures, and a booking of each tenth user. */
const writeUsers = (db: Database, experimentKey: string, from: number, to: number) => {
  const users = Array.from({ length: to - from }, (_, index) => {
    const number = from + index
    const variant = number % 2 === 0 ? 'A' : 'B'
    return { userId: `${experimentKey}-${number}`, experimentKey, variant, at: someTime() }
  })
  return writeParticipation(db, {
    assignments: users,
    exposures: users.flatMap((user) =>
      Array.from({ length: EXPOSURES_A_USER }, (_, visit) => ({
        ...user,
        id: `visit-${visit}`,
        at: visit === 0 ? user.at : user.at + Math.floor(random() * 24 * HOUR_MS),
      })),
    ),
    events: users.flatMap(({ userId, at }) => [
      { id: 'view', type: 'event.viewed', userId, at: at + 60_000 },
      ...(random() < 0.1
        ? [{ id: 'booking', type: 'booking.confirmed', userId, at: at + HOUR_MS }]
        : []),
    ]),
  })
}

const fill = async (db: Database, size: number) => {
  const users = size / EXPOSURES_A_USER
  for (let user = 0; user < users; user += USERS_A_WRITE) {
    await writeUsers(db, toKey(size), user, Math.min(users, user + USERS_A_WRITE))
    if ((user / USERS_A_WRITE) % 20 === 0)
      progress(`metrics: ${user * EXPOSURES_A_USER} of ${size} exposures`)
  }
}

/** The milliseconds of one answer, which must count all exposures. */
const timeAnswer = async (db: Database, size: number) => {
  const startedAt = performance.now()
  const days = await readDayCounts(db, toKey(size), undefined, undefined, new Date())
  const beside = { from: null, to: null, conflicts: 0 }
  const { variants } = computeMetrics(runningWith(size), days, beside, new Date())
  const elapsed = performance.now() - startedAt
  const seen = variants.reduce((sum, { exposures }) => sum + exposures, 0)
  if (seen !== size) throw new Error(`counted ${seen} exposures of ${size}`)
  return elapsed
}

/** Reads the results of 10⁴, 10⁵ and 10⁶ exposures. It takes two minutes, mostly to write the rows. */
export const metricsTopic = async (): Promise<Topic> => {
  const place = await mkdtemp(join(tmpdir(), 'flags-bench-'))
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      modules: true,
      script: 'export default {}',
      cf: false,
      d1Databases: { DB: 'DB' },
      resourcePersistencePath: place,
    }),
  )
  try {
    const d1 = await miniflare.getD1Database('DB')
    await migrate(d1)
    const db = openDatabase(d1)
    for (const size of SIZES) await fill(db, size)
    const times = await inTurns(
      ROUNDS,
      Object.fromEntries(SIZES.map((size) => [`${size}`, () => timeAnswer(db, size)])),
    )
    const medians = SIZES.map((size) => median(times[size] ?? []))
    const [least = Number.NaN] = medians
    return {
      title: 'Results of an experiment: the roll-ups, read and analyzed',
      rows: SIZES.map((size, index) => ({
        ...cost('ms', {
          what: `${size.toLocaleString('en')} exposures of ${(size / EXPOSURES_A_USER).toLocaleString('en')} users`,
          value: medians[index] ?? Number.NaN,
          versus: `${SIZES[0]?.toLocaleString('en')} exposures`,
          versusValue: least,
        }),
        note: `median of ${ROUNDS}, local D1`,
      })),
    }
  } finally {
    await miniflare.dispose()
    await rm(place, { recursive: true, force: true })
  }
}

if (import.meta.main) console.log(toMarkdown([await metricsTopic()]))
