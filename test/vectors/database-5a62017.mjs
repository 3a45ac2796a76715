/*
 * Writes database-5a62017.sql: a database as the code of commit 5a62017 left it. The test of migration 0008 starts from it.
 *
 *   node test/vectors/database-5a62017.mjs CLONE >test/vectors/database-5a62017.sql
 *
 * CLONE is a clone at that commit, with its node_modules.
 */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'

const clone = resolve(process.argv[2])
const load = (path) => import(pathToFileURL(join(clone, path)).href)
const require = createRequire(join(clone, 'package.json'))
const { convertV4MiniflareOptions, Miniflare } = await import(
  pathToFileURL(require.resolve('miniflare')).href
).then((module) => module.default ?? module)
const { seededRandom } = await load('schema/demo-history.ts')
const { openDatabase } = await load('worker/store/database.ts')
const { createExperiment, editExperiment } = await load('worker/store/experiments.ts')
const { writeParticipation } = await load('worker/store/participation.ts')
const { mergeParticipants } = await load('worker/store/identity.ts')
const { eraseUser } = await load('worker/store/erasure.ts')
const { deleteRawRows } = await load('worker/store/retention.ts')
const { launch, pause, revise, stop } = await load('worker/experiments/lifecycle.ts')

const HOUR = 3_600_000
const DAY = 24 * HOUR
const START = Date.UTC(2026, 5, 1, 9, 41, 7, 123)
const iso = (at) => new Date(at).toISOString()
const random = seededRandom(14)

const state = await mkdtemp(join(tmpdir(), 'database-'))
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    modules: true,
    script: 'export default {}',
    d1Databases: ['DB'],
    resourcePersistencePath: state,
  }),
)
const d1 = await miniflare.getD1Database('DB')
const folder = join(clone, 'schema/migrations')
for (const file of (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted())
  for (const statement of (await readFile(join(folder, file), 'utf8')).split('--> statement-breakpoint'))
    await d1.prepare(statement).run()
const db = openDatabase(d1)

const editor = (at, actor = 'ada@example.com') => ({ actor, at: new Date(at), comment: undefined })
const variants = (...weights) => weights.map((weight, index) => ({ name: 'ABC'[index], weight }))
const check = (result) => {
  if (result.outcome !== 'done') throw new Error(JSON.stringify(result))
}
const create = async (key, at, settings = {}) =>
  check(
    await createExperiment(db, editor(at), {
      key,
      description: null,
      variants: variants(1, 1),
      startAt: null,
      stopAt: null,
      plan: null,
      ...settings,
    }),
  )
const edit = async (key, action, at, decide, actor) =>
  check(
    await editExperiment(db, editor(at, actor), {
      key,
      action: `experiment.${action}`,
      version: undefined,
      decide,
    }),
  )
const start = (key, at, schedule = {}) =>
  edit(key, 'launch', at, (current, assigned) => launch(current, schedule, new Date(at), assigned))
const halt = (key, at) => edit(key, 'pause', at, pause)
const end = (key, at, actor) => edit(key, 'stop', at, (current) => stop(current, new Date(at)), actor)
const reweight = (key, at, weights) =>
  edit(key, 'update', at, (current, assigned) =>
    revise(current, { variants: variants(...weights) }, assigned, new Date(at)),
  )

// Life cycles.
await create('plain', START)
await start('plain', START + HOUR)
await create('reweighted', START)
await start('reweighted', START)
await halt('reweighted', START + 5 * DAY)
await reweight('reweighted', START + 5 * DAY + 1, [1, 9])
await start('reweighted', START + 6 * DAY)
await halt('reweighted', START + 7 * DAY)
await start('reweighted', START + 7 * DAY + HOUR)
await halt('reweighted', START + 8 * DAY)
await reweight('reweighted', START + 8 * DAY + 1, [1, 1, 1])
await start('reweighted', START + 9 * DAY)
await end('reweighted', START + 15 * DAY)
await create('recreated', START)
await edit('recreated', 'delete', START + 1, () => ({ next: null }))
await create('recreated', START + 2)
await start('recreated', START + 3, { startAt: iso(START + DAY) })
await halt('recreated', START + 12 * DAY)
await create('scheduled', START)
await start('scheduled', START + 10, { stopAt: iso(START + 4 * DAY) })
await end('scheduled', START + 4 * DAY + 777, 'schedule')
await create('draft', START)
// Rows that no audit row tells of.
for (const [key, reweightedAt] of [
  ['by-hand', null],
  ['by-hand-reweighted', START + 6 * DAY],
])
  await d1
    .prepare(`INSERT INTO experiment VALUES (?, NULL, ?, 'RUNNING', ?, NULL, NULL, ?, ?, 1, ?, ?)`)
    .bind(key, JSON.stringify(variants(2, 1)), START, START, reweightedAt, START, START)
    .run()

const KEYS = ['plain', 'reweighted', 'recreated', 'scheduled', 'by-hand', 'by-hand-reweighted']
const chance = (share) => random() < share
const within = (days) => Math.floor(random() * days * DAY)
const users = Array.from({ length: 40 }, (_, index) => `user-${index}`)
for (const [number, userId] of users.entries()) {
  const rows = { assignments: [], exposures: [], events: [] }
  for (const experimentKey of KEYS) {
    if (!chance(0.6)) continue
    const at = START + HOUR + within(14)
    const row = { experimentKey, userId, variant: 'AB'[Math.floor(random() * 2)] }
    rows.assignments.push({ ...row, at })
    for (let id = 0; chance(0.6); id++) rows.exposures.push({ ...row, id: `${id}`, at: at + within(3) })
  }
  for (let id = 0; chance(0.7); id++)
    rows.events.push({
      id: `${number}-${id}`,
      type: chance(0.5) ? 'booking.confirmed' : 'event.viewed',
      userId,
      at: START + within(24),
    })
  await writeParticipation(db, rows)
}

// Sign-in merges: an anonymous person becomes a user, with the same variant, another one, or the first one.
const readVariants = async (userId) => {
  const { results } = await d1
    .prepare('SELECT experiment_key, variant FROM experiment_assignment WHERE user_id = ?')
    .bind(userId)
    .all()
  return new Map(results.map((row) => [row.experiment_key, row.variant]))
}
for (let pair = 0; pair < 5; pair++) {
  const [anonymousId, userId] = [`user-${pair}`, `user-${pair + 10}`]
  const [theirs, own] = [await readVariants(anonymousId), await readVariants(userId)]
  await mergeParticipants(db, {
    anonymousId,
    userId,
    prefix: `was-${pair}/`,
    at: START + 20 * DAY,
    experiments: [...theirs].map(([experimentKey, variant]) => {
      const known = own.get(experimentKey)
      const conflict = known === undefined || known === variant ? null : variant
      return { experimentKey, variant: known ?? variant, conflict }
    }),
  })
}
for (const userId of ['user-30', 'user-31'])
  await eraseUser(db, userId, `hash of ${userId}`, 0, editor(START + 21 * DAY))
await deleteRawRows(db, START + 3 * DAY)

// The dump: tables with their rows, then what would act on them.
await miniflare.dispose()
const files = await readdir(state, { recursive: true })
const stored = files.find((name) => name.endsWith('.sqlite') && !name.includes('metadata'))
const dumped = new DatabaseSync(join(state, stored), { readOnly: true })
const quote = (value) =>
  typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : (value ?? 'NULL')
const objects = dumped
  .prepare(
    `SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'
     ORDER BY type <> 'table', type = 'trigger', rowid`,
  )
  .all()
const lines = ['-- Written by database-5a62017.mjs.']
for (const { type, name, sql } of objects) {
  lines.push(`${String(sql)};`)
  if (type !== 'table') continue
  for (const row of dumped.prepare(`SELECT * FROM ${String(name)}`).all())
    lines.push(`INSERT INTO ${String(name)} VALUES (${Object.values(row).map(quote).join(', ')});`)
}
process.stdout.write(`${lines.join('\n')}\n`)
await rm(state, { recursive: true })
