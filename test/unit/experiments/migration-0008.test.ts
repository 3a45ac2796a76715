import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { beforeAll, describe, expect, it } from 'vitest'

/* Migration 0008 on a database that the code of commit 5a62017 left (test/vectors/database-5a62017.mjs). */

const QUARTER = 900_000
const WINDOW = 7 * 86_400_000
const DAY = 86_400_000
const START = Date.UTC(2026, 5, 1, 9, 41, 7, 123)
/** Raw rows from before are deleted. */
const KEPT_FROM = START + 3 * DAY

const root = resolve(import.meta.dirname, '../../..')
const read = (path: string) => readFileSync(resolve(root, path), 'utf8')
const db = new DatabaseSync(':memory:')
const all = (sql: string) => db.prepare(sql).all()

const COUNTS = ['assignments', 'exposures', 'exposed_users', 'conversions', 'clicks'] as const
const sums = COUNTS.map((count) => `sum(${count}) AS ${count}`).join(', ')
const byHour = (hour: string) =>
  all(`SELECT experiment_key, ${hour} AS hour, variant, ${sums} FROM experiment_rollup
    GROUP BY 1, 2, 3 HAVING max(${COUNTS.join(', ')}) > 0 ORDER BY 1, 2, 3`)

const before: { rollups: unknown; assigned: unknown } = { rollups: null, assigned: null }
const readAssigned = () =>
  all('SELECT * FROM assigned_variant ORDER BY experiment_key, variant').map((row) => ({ ...row }))

beforeAll(() => {
  db.exec(read('test/vectors/database-5a62017.sql'))
  before.rollups = byHour('hour')
  before.assigned = readAssigned()
  for (const statement of read('schema/migrations/0008_phases.sql').split(
    '--> statement-breakpoint',
  ))
    db.exec(statement)
})

const history = (key: string) =>
  db
    .prepare('SELECT * FROM experiment_history WHERE experiment_key = ? ORDER BY seq')
    .all(key)
    .map(({ seq, kind, at, phase, variants, starts_over }) => [
      seq,
      kind,
      Number(at) - START,
      phase,
      typeof variants === 'string'
        ? (JSON.parse(variants) as { weight: number }[]).map(({ weight }) => weight).join(':')
        : null,
      starts_over,
    ])

describe('Migration 0008', () => {
  it('keeps every count of every experiment, hour and variant', () => {
    expect(byHour('quarter / 4')).toEqual(before.rollups)
    expect(byHour('quarter / 4').length).toBeGreaterThan(200)
    expect(readAssigned()).toEqual(before.assigned)
  })

  it('reads launches, pauses and stops from the audit', () => {
    expect(history('plain')).toEqual([[2, 'launch', DAY / 24, 1, '1:1', 0]])
    expect(history('reweighted')).toEqual([
      [2, 'launch', 0, 1, '1:1', 0],
      [3, 'pause', 5 * DAY, 1, null, 0],
      [5, 'launch', 6 * DAY, 2, '1:9', 0],
      [6, 'pause', 7 * DAY, 2, null, 0],
      [7, 'launch', 7 * DAY + DAY / 24, 2, '1:9', 0],
      [8, 'pause', 8 * DAY, 2, null, 0],
      [10, 'launch', 9 * DAY, 3, '1:1:1', 0],
      [11, 'stop', 15 * DAY, 3, null, 0],
    ])
  })

  it('takes a scheduled start and a scheduled stop for the facts', () => {
    expect(history('recreated')).toEqual([
      [3, 'launch', DAY, 1, '1:1', 0],
      [4, 'pause', 12 * DAY, 1, null, 0],
    ])
    expect(history('scheduled')).toEqual([
      [2, 'launch', 10, 1, '1:1', 0],
      [3, 'stop', 4 * DAY, 1, null, 0],
    ])
  })

  it('gives an experiment without audit one phase, or two of which the first has unknown weights', () => {
    expect(history('by-hand')).toEqual([[0, 'launch', 0, 1, '2:1', 0]])
    expect(history('by-hand-reweighted')).toEqual([
      [-1, 'launch', 0, 1, null, 0],
      [0, 'launch', 6 * DAY, 2, '2:1', 0],
    ])
    expect(history('draft')).toEqual([])
  })

  it('gives each user the phase of the last launch until the assignment', () => {
    const starts: Record<string, number[]> = {
      reweighted: [0, 6 * DAY, 9 * DAY],
      'by-hand-reweighted': [0, 6 * DAY],
    }
    const assignments = all('SELECT experiment_key, assigned_at, phase FROM experiment_assignment')
    for (const { experiment_key, assigned_at, phase } of assignments) {
      const launches = starts[String(experiment_key)] ?? [0]
      const at = Number(assigned_at) - START
      expect(phase).toBe(launches.findLastIndex((launch) => launch <= at) + 1)
    }
    expect(new Set(assignments.map(({ phase }) => phase))).toEqual(new Set([1, 2, 3]))
  })

  it('gives each exposure the phase of the assignment', () => {
    expect(
      all(`SELECT * FROM experiment_exposure AS seen JOIN experiment_assignment AS own USING (experiment_key, user_id)
        WHERE seen.phase <> own.phase`),
    ).toEqual([])
  })

  it('has the counts of the raw rows in each quarter and phase, where raw rows are kept', () => {
    const own = `experiment_assignment WHERE conflict IS NULL`
    const counted = all(`
      SELECT experiment_key, quarter, phase, variant, ${sums} FROM (
        SELECT experiment_key, assigned_at / ${QUARTER} AS quarter, phase, variant, 1 AS assignments, 0 AS exposures,
          0 AS exposed_users, 0 AS conversions, 0 AS clicks FROM ${own}
        UNION ALL
        SELECT experiment_key, first_exposed_at / ${QUARTER}, phase, variant, 0, 0, 1, converted, clicks
        FROM ${own} AND first_exposed_at IS NOT NULL
        UNION ALL
        SELECT experiment_key, at / ${QUARTER}, phase, variant, 0, 1, 0, 0, 0 FROM experiment_exposure AS seen
        WHERE NOT EXISTS (SELECT 1 FROM experiment_assignment AS own WHERE own.experiment_key = seen.experiment_key
          AND own.user_id = seen.user_id AND own.conflict IS NOT NULL))
      WHERE quarter * ${QUARTER} >= ${KEPT_FROM + QUARTER} GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`)
    expect(
      all(`SELECT experiment_key, quarter, phase, variant, ${COUNTS.join(', ')} FROM experiment_rollup
        WHERE quarter * ${QUARTER} >= ${KEPT_FROM + QUARTER} AND max(${COUNTS.join(', ')}) > 0 ORDER BY 1, 2, 3, 4`),
    ).toEqual(counted)
    expect(counted.length).toBeGreaterThan(100)
  })

  it('goes on counting: a first exposure and a booking move the roll-up of the phase', () => {
    const [user] = all(
      `SELECT * FROM experiment_assignment WHERE experiment_key = 'reweighted' AND phase = 2 AND conflict IS NULL`,
    )
    if (!user) throw new Error('no user is in phase 2')
    const readPhase = () =>
      all(`SELECT sum(exposed_users) AS users, sum(conversions) AS conversions FROM experiment_rollup
        WHERE experiment_key = 'reweighted' AND phase = 2 AND variant = '${String(user['variant'])}'`)[0]
    const at = Number(user['assigned_at'])
    const was = readPhase()
    db.prepare(`INSERT INTO experiment_exposure VALUES (?, 'new', 'reweighted', ?, ?, 2)`).run(
      String(user['user_id']),
      String(user['variant']),
      at,
    )
    db.prepare(`INSERT INTO event VALUES (?, 'new', 'booking.confirmed', ?, 0)`).run(
      String(user['user_id']),
      at + WINDOW,
    )
    const hadExposure = user['first_exposed_at'] !== null
    expect(readPhase()).toEqual({
      users: Number(was?.['users']) + (hadExposure ? 0 : 1),
      conversions: Number(was?.['conversions']) + (Number(user['converted']) === 1 ? 0 : 1),
    })
  })

  it('refuses to change the history of an experiment that exists', () => {
    expect(() => db.exec('UPDATE experiment_history SET at = 0')).toThrow('append-only')
    expect(() => db.exec('DELETE FROM experiment_history')).toThrow('append-only')
    expect(() =>
      db.exec('REPLACE INTO experiment_history SELECT * FROM experiment_history'),
    ).toThrow('append-only')
  })
})
