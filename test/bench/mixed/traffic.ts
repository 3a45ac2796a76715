import { createRandom } from '../../chaos/random.ts'
import type { Answer, Client } from './client.ts'
import { createId, type Edit, type Ledger } from './ledger.ts'

/* What the callers do: each kind sends one request and notes what the answer means. */

export const EXPERIMENT = 'load'
export const SWITCH = 'load.switch'
export const ROOT = 'load-admin-token'
const [CLIENT, SERVER, ADMIN] = ['flags_client_local', 'flags_server_local', 'flags_admin_local']
const FLAGS = 4
const BATCH = 10
/** The number of users who return. Each later user comes once. */
export const REGULARS = 300

type Kind =
  | 'evaluate'
  | 'bundle'
  | 'OFREP'
  | 'assign again'
  | 'assign new'
  | 'exposures'
  | 'events'
  | 'edit'
  | 'list'
  | 'break glass'

/** Mostly reads, as the pages of a ticket shop send them. A restart must not lose the writes. */
const WEIGHTS: readonly (readonly [number, Kind])[] = [
  [45, 'evaluate'],
  [18, 'bundle'],
  [10, 'OFREP'],
  [10, 'assign again'],
  [2, 'assign new'],
  [6, 'exposures'],
  [6, 'events'],
  [2, 'edit'],
  [0.9, 'list'],
  [0.1, 'break glass'],
]

type Batch = { readonly kind: 'exposures' | 'events'; readonly from: number; readonly body: object }

export const createTraffic = (client: Client, ledger: Ledger, seed: number) => {
  const random = createRandom(seed)
  const users: string[] = []
  const tags = new Map<string, string>()
  const unanswered: Batch[] = []
  const told = { version: 0, notSticky: 0, notModified: 0 }
  let [people, comments] = [0, 0]

  const anyUser = () => users[random.below(users.length)] ?? 'nobody'
  const expectThat = (holds: boolean, otherwise: () => string) => {
    if (!holds) ledger.wrongs.push(otherwise())
  }

  /** One isolate answers here, so a version in an earlier answer is also in a later one. */
  const read = async (path: string, body: object, headers?: Record<string, string>) => {
    const floor = told.version
    const answer = await client.send('POST', path, CLIENT, body, headers)
    const version = Number(answer.headers['x-snapshot-version'] ?? 0)
    if (answer.status < 400)
      expectThat(version >= floor, () => `${path} goes back from version ${floor} to ${version}`)
    told.version = Math.max(told.version, version)
    return answer
  }

  const assign = async (userId: string) => {
    const path = `/v1/experiments/${EXPERIMENT}/assign`
    const answer = await client.send('POST', path, CLIENT, { context: { userId } })
    if (answer.status !== 200) return answer
    const { variant, sticky } = JSON.parse(answer.text) as { variant: string; sticky?: false }
    const known = ledger.variants.get(userId)
    if (sticky === false) told.notSticky++
    else if (known === undefined) {
      ledger.variants.set(userId, variant)
      if (users.length < REGULARS) users.push(userId)
    } else expectThat(known === variant, () => `${userId} had ${known}, and now ${variant}`)
    return answer
  }

  const sendBatch = async (batch: Batch): Promise<Answer> => {
    const { kind, from, body } = batch
    unanswered.push(batch)
    const answer = await client.send('POST', `/v1/${kind}`, SERVER, body)
    if (answer.status !== 202) return answer
    const { rejected } = JSON.parse(answer.text) as {
      rejected: { id: string; errorCode: string }[]
    }
    const isOver = rejected.every(({ errorCode }) => errorCode === 'UNAVAILABLE')
    expectThat(isOver, () => `${kind} ${from}: ${answer.text}`)
    if (rejected.length > 0) return answer
    unanswered.splice(unanswered.indexOf(batch), 1)
    for (let number = from; number < from + BATCH; number++) ledger[kind][number] = true
    return answer
  }

  const log = (kind: 'exposures' | 'events') => {
    const from = ledger[kind].length
    const senders = [anyUser(), anyUser()]
    const rows = Array.from({ length: BATCH }, (_, index) => {
      const [id, userId] = [createId(kind, from + index), senders[index % senders.length] ?? '']
      ledger[kind].push(false)
      return kind === 'events'
        ? { id, userId, type: random.pick('event.viewed', 'booking.confirmed') }
        : { id, userId, experimentKey: EXPERIMENT, variant: ledger.variants.get(userId) }
    })
    return sendBatch({ kind, from, body: { [kind]: rows } })
  }

  const noted = async (
    ask: (comment: string) => Promise<Answer>,
    hasChanged: (answer: Answer) => boolean,
  ) => {
    const edit: Edit = { comment: `edit ${comments++}`, isAcknowledged: false }
    ledger.edits.push(edit)
    const answer = await ask(edit.comment)
    edit.isAcknowledged = answer.status === 200 && hasChanged(answer)
    return answer
  }

  /** Each edit changes something, so each has its audit row. */
  const edit = (key: string, change: object = {}) =>
    noted(
      (comment) =>
        client.send('PATCH', `/api/flags/${key}`, ADMIN, {
          ...change,
          description: comment,
          comment,
        }),
      () => true,
    )

  const breakGlass = async () => {
    const answer = await noted(
      (comment) =>
        client.send('POST', `/api/break-glass/${SWITCH}`, ROOT, { enabled: false, comment }),
      ({ text }) => (JSON.parse(text) as { changed: boolean }).changed,
    )
    if (answer.status === 200) await edit(SWITCH, { enabled: true })
    return answer
  }

  const bundle = async () => {
    const userId = anyUser()
    const tag = tags.get(userId)
    const answer = await read(
      '/v1/bundle',
      { context: { userId } },
      tag ? { 'If-None-Match': tag } : {},
    )
    if (answer.status === 304) told.notModified++
    if (answer.status !== 200) return answer
    tags.set(userId, String(answer.headers.etag))
    const { variants } = JSON.parse(answer.text) as { variants: Record<string, string> }
    const known = ledger.variants.get(userId)
    expectThat(variants[EXPERIMENT] === known, () => `the bundle of ${userId} is not ${known}`)
    return answer
  }

  const kinds: Readonly<Record<Kind, () => Promise<Answer>>> = {
    evaluate: () => read('/v1/flags/evaluate', { context: { userId: anyUser() } }),
    bundle,
    OFREP: () => read('/ofrep/v1/evaluate/flags', { context: { targetingKey: anyUser() } }),
    'assign again': () => assign(anyUser()),
    'assign new': () => assign(`person-${people++}`),
    exposures: () => log('exposures'),
    events: () => log('events'),
    edit: () => edit(`load.flag-${random.below(FLAGS)}`),
    list: () => client.send('GET', random.pick('/api/flags', '/api/audit?limit=50'), ADMIN),
    'break glass': breakGlass,
  }

  return {
    told,
    unanswered,
    sendBatch,
    assignNew: kinds['assign new'],
    next: () => {
      const kind = random.weighted(WEIGHTS)
      return { kind, send: kinds[kind] }
    },
    /** The data of the run: flags to edit, and a running experiment. */
    async prepare() {
      const variants = ['A', 'B'].map((name) => ({ name, weight: 1 }))
      const steps: [string, string, object][] = [
        ...[SWITCH, ...Array.from({ length: FLAGS }, (_, index) => `load.flag-${index}`)].map(
          (key): [string, string, object] => [
            'PUT',
            `/api/flags/${key}`,
            { enabled: true, rollout: 50 },
          ],
        ),
        ['POST', '/api/experiments', { key: EXPERIMENT, variants }],
        ['POST', `/api/experiments/${EXPERIMENT}/launch`, {}],
      ]
      for (const [method, path, body] of steps) {
        const { status, text } = await client.send(method, path, ADMIN, body)
        if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`)
      }
    },
  }
}

export type Traffic = ReturnType<typeof createTraffic>
