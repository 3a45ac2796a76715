import { createExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeAll, expect, inject, it } from 'vitest'
import { ErrorBody } from '../../schema/problem.ts'
import { RawRow } from '../../schema/raw-rows.ts'
import { app } from '../../worker/app.ts'
import { hashSecret } from '../../worker/lib/secret.ts'
import { putFlag, seedKeys, watchConsole } from '../support/api.ts'
import { ADMIN, CLIENT, EDITOR, SERVER, VIEWER } from '../support/credentials.ts'
import { runExperiment } from '../support/experiments.ts'
import { listOperations, readDocument, type Document } from '../support/openapi.ts'
import { anAttack, HARMLESS, ROOT, TRUSTED, type Attack } from './attacks.ts'
import { createRandom } from './random.ts'
import { withWatchdog } from './time.ts'

/*
 * Hostile requests to each operation of /openapi.json. Each gets an answer in time and in a documented shape. No
 * answer leaks a secret, and no request changes data without the right to.
 */

/** The attacks on each operation with each credential, and how many of one operation run at once. */
const { attacks: ATTACKS } = inject('fuzz')
const AT_ONCE = 60
const TIMEOUT_MS = 10_000 * ATTACKS

const seed = inject('chaos').first

const logged = watchConsole()
const hashes = [ADMIN, CLIENT, EDITOR, ROOT, SERVER, VIEWER].map(hashSecret)
const bindings = { ...env, ADMIN_TOKEN: ROOT }

beforeAll(async () => {
  await seedKeys()
  for (const key of ['feature.a', 'feature.b', 'feature.c']) await putFlag(key, { rollout: 50 })
  await runExperiment('exp-a')
  await runExperiment('exp-b')
})

const toRequest = ({ method, path, headers, body }: Attack): Request | undefined => {
  try {
    return new Request(`https://flags.test${path}`, {
      method,
      headers,
      ...(body !== undefined && { body }),
    })
  } catch {
    // A client cannot send this request.
    return undefined
  }
}

/** Reads a text, but not an endless stream. */
const readText = async (answer: Response): Promise<string> => {
  if (!answer.headers.get('Content-Type')?.startsWith('text/event-stream')) return answer.text()
  await answer.body?.cancel()
  return ''
}

const STACK = /\.(ts|js|mjs):\d+|\bat \w+ \(|node_modules|SqliteError|SQLITE_|D1_ERROR/

/** Says which line of a download is no row; undefined when all are. */
const findWrongRow = (text: string): string | undefined => {
  const lines = text.split('\n').filter((line) => line !== '')
  const wrong = lines.find((line) => !RawRow.safeParse(JSON.parse(line)).success)
  return wrong === undefined ? undefined : `it has the line ${wrong}`
}

/** Says why an answer breaks the contract; undefined when it does not. */
const findFault = (
  answer: Response,
  text: string,
  { method, path }: Attack,
): string | undefined => {
  const { status, headers } = answer
  const type = headers.get('Content-Type') ?? ''
  if (status >= 500) return 'it fails'
  if (STACK.test(text) && !path.startsWith('/openapi')) return 'it shows our insides'
  if (hashes.some((hash) => text.includes(hash))) return 'it tells the hash of a key'
  if (headers.has('Set-Cookie') && status >= 400 && !path.startsWith('/api/session'))
    return 'it sets a cookie'
  const isEmpty = method === 'HEAD' || [204, 304].includes(status)
  if (text === '' && (isEmpty || type.startsWith('text/event-stream'))) return undefined
  if (status === 200 && path.includes('/metrics.csv') && type.startsWith('text/csv'))
    return undefined
  if (status === 200 && path.includes('/rows') && type.startsWith('text/csv')) return undefined
  if (status === 200 && path.includes('/rows') && type.startsWith('application/x-ndjson'))
    return findWrongRow(text)
  if (!type.startsWith('application/json')) return `its type is ${type}`
  if (status < 400) return undefined
  const body = ErrorBody.strict().safeParse(JSON.parse(text))
  if (!body.success) return 'it is not the error body'
  return body.data.key !== undefined && !path.startsWith('/ofrep/v1/evaluate/flags/')
    ? 'it has a key'
    : undefined
}

const tally: Record<number, number> = {}

const strike = async (attack: Attack): Promise<string | undefined> => {
  const request = toRequest(attack)
  if (!request) return undefined
  const shown = JSON.stringify(attack).slice(0, 1_500)
  const context = createExecutionContext()
  const answer = await withWatchdog(shown, Promise.resolve(app.fetch(request, bindings, context)))
  const text = await withWatchdog(shown, readText(answer))
  tally[answer.status] = (tally[answer.status] ?? 0) + 1
  const fault = findFault(answer, text, attack)
  return fault && `${fault}: ${answer.status} ${text.slice(0, 500)}\nto ${shown}\nseed ${seed}`
}

/**
 * The state that a caller without a role must not change. Sessions and users' rows are no edits. A first inherited
 * variant of an experiment also makes a snapshot version, and users cause it.
 */
const state = async () => ({
  ...(await env.DB.prepare(
    `SELECT (SELECT version FROM snapshot_state) - (SELECT count(*) FROM experiment_inheritance) AS edits,
            (SELECT count(*) FROM admin_action) AS audits,
            (SELECT count(*) FROM feature_flag) AS flags, (SELECT count(*) FROM experiment) AS experiments,
            (SELECT count(*) FROM api_key WHERE revoked_at IS NULL) AS keys`,
  ).first()),
})

const attacksOn = (
  document: Document,
  credentials: readonly (string | undefined)[],
  salt: number,
) => {
  const random = createRandom(seed + salt)
  return listOperations(document).map((operation) => ({
    id: operation.operationId,
    attacks: credentials.flatMap((credential) =>
      random.times(ATTACKS, () => anAttack(random, operation, document, credential)),
    ),
  }))
}

const strikeAll = async (attacks: readonly Attack[]): Promise<string[]> => {
  const faults: string[] = []
  for (let from = 0; from < attacks.length; from += AT_ONCE) {
    const struck = await Promise.all(attacks.slice(from, from + AT_ONCE).map(strike))
    faults.push(...struck.filter((fault) => fault !== undefined))
  }
  return faults
}

it(
  'Fuzz: requests without rights are answered and change nothing',
  { timeout: TIMEOUT_MS },
  async () => {
    for (const { id, attacks } of attacksOn(await readDocument(), HARMLESS, 0)) {
      const before = await state()
      expect({ id, faults: await strikeAll(attacks) }).toEqual({ id, faults: [] })
      expect({ id, ...(await state()) }).toEqual({ id, ...before })
    }
  },
)

it(
  'Fuzz: requests with rights are answered, whatever their content',
  { timeout: TIMEOUT_MS },
  async () => {
    for (const { id, attacks } of attacksOn(await readDocument(), TRUSTED, 1))
      expect({ id, faults: await strikeAll(attacks) }).toEqual({ id, faults: [] })
  },
)

it('Fuzz: thousands of requests got answers of all kinds, and no failure was logged', () => {
  const total = Object.values(tally).reduce((sum, count) => sum + count, 0)
  expect(total).toBeGreaterThan(2_000)
  expect(Object.keys(tally)).toEqual(
    expect.arrayContaining(['200', '201', '400', '401', '403', '404', '413', '415']),
  )
  expect(logged.filter((line) => JSON.stringify(line).includes('request.failed'))).toEqual([])
})
