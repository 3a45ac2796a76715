import { env } from 'cloudflare:workers'
import { expectThat, Violation } from './history.ts'
import { applyEdit, type Edit, type World } from './model.ts'
import { send, type Answer, type Scene } from './scene.ts'
import type { Intent, Match, Step } from './steps.ts'

type Request = { method: string; path: string; body: object; headers: Record<string, string> }
type Asked = { readonly edit: Edit; readonly answer: Answer<EditAnswer> }
type EditAnswer = { snapshotVersion?: number; published?: boolean; secret?: string }

const toPrecondition = (match: Match, current = 0) => {
  switch (match) {
    case 'none':
      return { requires: undefined, headers: {} }
    case 'absent':
      return { requires: 'absent', headers: { 'If-None-Match': '*' } } as const
    case 'current':
    case 'stale': {
      const requires = match === 'current' ? current : Math.max(0, current - 1)
      return { requires, headers: { 'If-Match': `"${requires}"` } }
    }
  }
}

export const toVariants = (weights: readonly number[]) =>
  weights.map((weight, index) => ({ name: 'AB'.charAt(index), weight }))

const flagEdit = ({ flagKey, history }: Scene, intent: Intent & { on: 'flag' }) => {
  const key = flagKey(intent.flag)
  const { method, enabled, rollout, match } = intent
  const target = `flag:${key}`
  const { requires, headers } = toPrecondition(match, history.world().flags[target]?.version)
  const settings = { enabled, ...(method === 'PUT' && { rollout }) }
  const edit: Edit = { on: 'flag', target, method, settings, requires }
  const body = method === 'DELETE' ? {} : settings
  return { edit, request: { method, path: `/api/flags/${key}`, body, headers } }
}

const experimentEdit = (
  { experimentKey, history }: Scene,
  intent: Intent & { on: 'experiment' },
) => {
  const key = experimentKey(intent.experiment)
  const { act, weights, startsIn, endsIn, match } = intent
  const target = `experiment:${key}`
  const current = history.world().experiments[target]?.version
  const { requires, headers } = toPrecondition(act === 'create' ? 'none' : match, current)
  const now = Date.now()
  const schedule = {
    ...(startsIn !== null && { startAt: now + startsIn }),
    ...(endsIn !== null && { stopAt: now + endsIn }),
  }
  const edit: Edit = { on: 'experiment', target, act, weights, schedule, requires }
  const path = `/api/experiments/${key}`
  const variants = toVariants(weights)
  const iso = Object.fromEntries(
    Object.entries(schedule).map(([name, at]) => [name, new Date(at).toISOString()]),
  )
  const requests: Record<typeof act, Omit<Request, 'headers'>> = {
    create: { method: 'POST', path: '/api/experiments', body: { key, variants } },
    launch: { method: 'POST', path: `${path}/launch`, body: iso },
    pause: { method: 'POST', path: `${path}/pause`, body: {} },
    stop: { method: 'POST', path: `${path}/stop`, body: {} },
    reweight: { method: 'PATCH', path, body: { variants } },
    delete: { method: 'DELETE', path, body: {} },
  }
  return { edit, request: { ...requests[act], headers } }
}

const keyEdit = ({ keyName, history }: Scene, { key, act }: Intent & { on: 'key' }) => {
  const name = keyName(key)
  const [target = 'key:none'] =
    Object.entries(history.world().keys).find(([, known]) => known.name === name) ?? []
  const edit: Edit = { on: 'key', target, act, name }
  const request =
    act === 'create'
      ? { method: 'POST', path: '/api/keys', body: { name, kind: 'client' }, headers: {} }
      : { method: 'DELETE', path: `/api/keys/${target.slice(4)}`, body: {}, headers: {} }
  return { edit, request }
}

const resolve = (scene: Scene, intent: Intent): { edit: Edit; request: Request } => {
  switch (intent.on) {
    case 'flag':
      return flagEdit(scene, intent)
    case 'experiment':
      return experimentEdit(scene, intent)
    case 'key':
      return keyEdit(scene, intent)
  }
}

type AuditRow = {
  id: number
  actor: string
  action: string
  target: string
  after: string | null
}

const instant = (iso: string | null) => (iso === null ? null : Date.parse(iso))

/** The state after an audit row, in the model's form. */
const findSeen = ({ target, after }: AuditRow): object | null => {
  if (after === null) return null
  const it = JSON.parse(after)
  if (target.startsWith('flag:'))
    return { enabled: it.enabled, rollout: it.rollout, version: it.version }
  if (target.startsWith('key:')) return { name: it.name, isRevoked: it.revokedAt !== null }
  return {
    status: it.status,
    weights: it.variants.map(({ weight }: { weight: number }) => weight),
    startAt: instant(it.startAt),
    stopAt: instant(it.stopAt),
    launched: it.launchedAt !== null,
    isBucketed: it.reweightedAt === null,
    version: it.version,
  }
}

/** The stop that the Publisher writes at `stopAt`. */
const scheduled = ({ target, actor }: AuditRow, world: World): Edit[] => {
  const { status, stopAt } = world.experiments[target] ?? {}
  const isDue = status === 'RUNNING' && typeof stopAt === 'number' && stopAt <= Date.now()
  const stop = { act: 'stop', weights: [], schedule: {}, requires: undefined } as const
  return actor === 'schedule' && isDue ? [{ on: 'experiment', target, ...stop }] : []
}

/** An override that D1 has taken over: the flag was on, and a break-glass call is known. */
const takenOver = ({ orders }: Scene, { action, target }: AuditRow, world: World): Edit[] => {
  const order = orders.findIndex((one) => one.target === target)
  if (action !== 'flag.break_glass' || order < 0 || !world.flags[target]?.enabled) return []
  orders.splice(order, 1)
  const settings = { enabled: false }
  return [{ on: 'flag', target, method: 'PATCH', settings, requires: undefined }]
}

/** The world after one audit row. Finds the edit behind it and removes it from `open`. */
const explain = (scene: Scene, row: AuditRow, version: number, open: Asked[]): World => {
  const world = scene.history.world()
  const worldAfter = (asked: Edit) => {
    const edit =
      asked.on === 'key' && asked.act === 'create' ? { ...asked, target: row.target } : asked
    const verdict = edit.target === row.target ? applyEdit(world, edit, Date.now()) : undefined
    return verdict?.is === 'changed' &&
      JSON.stringify(verdict.after) === JSON.stringify(findSeen(row))
      ? verdict.world
      : undefined
  }
  for (const edit of [...scheduled(row, world), ...takenOver(scene, row, world)]) {
    const after = worldAfter(edit)
    if (after) return after
  }
  for (const [index, { edit, answer }] of open.entries()) {
    const mayBe = answer.status === 503 || isNamed(scene, answer, version)
    const isAsked = row.actor !== 'schedule' && row.action !== 'flag.break_glass'
    const after = mayBe && isAsked && worldAfter(edit)
    if (!after) continue
    open.splice(index, 1)
    return after
  }
  throw new Violation(
    `nothing explains the audit row of version ${version}: ${JSON.stringify(row)}`,
  )
}

/** Whether an edit's answer may name this version: D1's own, or one past an override. */
const isNamed = ({ history }: Scene, { body }: Answer<EditAnswer>, version: number) => {
  const { snapshotVersion = 0 } = body
  const isPastFlip = snapshotVersion > version && history.leasts().includes(snapshotVersion)
  return snapshotVersion === version || isPastFlip
}

/** An edit without an audit row must be no change in one of the worlds that it may have met. */
const expectUnchanged = (scene: Scene, { edit, answer }: Asked, worlds: readonly World[]) => {
  const { status, body } = answer
  const what = () => `${JSON.stringify(edit)} answers ${status} ${JSON.stringify(body)}`
  if (status === 503) {
    // A fault makes the 25 s deadline of an edit fire early, but not the reader's pause after a failed question.
    const isAllowed = !scene.faults.isCalm('api d1', 'hurry')
    expectThat(isAllowed, () => `${what()}, with a D1 that works`)
    return
  }
  const isExpected = worlds.some((world) => {
    const verdict = applyEdit(world, edit, Date.now())
    return verdict.is === 'refused'
      ? verdict.status === status
      : verdict.is === 'same' && status === 200
  })
  expectThat(isExpected, () => `${what()}, which the model does not, and there is no audit row`)
}

/**
 * The snapshot versions between two versions, each with its audit row. Each row adds one version. After an override,
 * D1's version rises further, with the override's row or without one.
 */
const versionsTo = (
  to: number,
  from: number,
  rows: readonly AuditRow[],
  leasts: readonly number[],
): { version: number; row: AuditRow | undefined }[] | undefined => {
  const [row, ...rest] = rows
  if (from === to && !row) return []
  const above = (version: number) => leasts.filter((least) => least > version && least <= to)
  const steps = [
    ...(row ? [{ version: from + 1, row, left: rest }] : []),
    ...above(from).map((version) => ({ version, row: undefined, left: rows })),
    ...(row?.action === 'flag.break_glass'
      ? above(from + 1).map((version) => ({ version, row, left: rest }))
      : []),
  ]
  for (const { left, ...one } of steps) {
    const path = one.version <= to ? versionsTo(to, one.version, left, leasts) : undefined
    if (path) return [one, ...path]
  }
  return undefined
}

/**
 * Reads the new audit rows, and finds the edit behind each. Each snapshot version has one row. An acknowledged edit has
 * the version of its answer. An edit without a row changed nothing.
 */
export const accountFor = async (scene: Scene, asked: readonly Asked[] = []): Promise<void> => {
  const { history } = scene
  const [state, audit] = await env.DB.batch<AuditRow & { version: number }>([
    env.DB.prepare('SELECT version FROM snapshot_state'),
    env.DB.prepare(
      'SELECT id, actor, action, target, after FROM admin_action WHERE id > ? ORDER BY id',
    ).bind(history.auditId),
  ])
  const from = history.version()
  const rows = audit?.results ?? []
  const version = state?.results[0]?.version ?? -1
  const path = versionsTo(version, from, rows, history.leasts())
  if (!path)
    throw new Violation(
      `the snapshot version went from ${from} to ${version}, with ${rows.length} audit rows`,
    )
  const open = [...asked]
  for (const { version: next, row } of path) {
    history.push(next, row ? explain(scene, row, next, open) : history.world())
    if (!row) continue
    history.auditId = row.id
    const isAsked = row.action !== 'flag.break_glass'
    scene.count(row.actor === 'schedule' ? 'scheduled stop' : isAsked ? 'edit' : 'flip in D1')
  }
  const worlds = history.worldsSince(from)
  for (const one of open) expectUnchanged(scene, one, worlds)
}

/** Sends the edits at once, and finds their audit rows. */
export const performEdits = async (scene: Scene, step: Step & { do: 'edit' }) => {
  const { at, intents, untold } = step
  const isolate = scene.isolate(at)
  const { mode } = isolate.link
  if (untold) isolate.link.mode = 'down'
  const resolved = intents.map((intent) => resolve(scene, intent))
  const asked = await Promise.all(
    resolved.map(async ({ edit, request: { method, path, body, headers } }): Promise<Asked> => {
      const answer = await send<EditAnswer>(isolate, method, path, { as: 'root', body, headers })
      if (edit.on === 'key' && answer.body.secret) scene.secrets.set(edit.name, answer.body.secret)
      return { edit, answer }
    }),
  )
  isolate.link.mode = mode
  await accountFor(scene, asked)
  for (const { answer } of asked) {
    const { published, snapshotVersion = 0 } = answer.body
    if (published) scene.history.published = Math.max(scene.history.published, snapshotVersion)
    if (published === undefined || untold || !scene.faults.isFresh(at)) continue
    expectThat(published, () => `version ${snapshotVersion} is not out, though nothing is wrong`)
  }
}
