import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { app } from '../../worker/app.ts'
import { createRequest, type Sent } from '../support/api.ts'
import { createFaults, type Isolate } from './faults.ts'
import { createHistory, Violation } from './history.ts'
import { createPeople } from './people.ts'
import { ISOLATES } from './steps.ts'
import { createClock } from './time.ts'

/** Counts of what happened, so that a suite can check that its runs were not empty. */
export type Counts = Record<string, number>

/** All state of one run: the system with its faults, and the model. */
export const openScene = async (name: string, counts: Counts) => {
  const clock = createClock()
  const base = await env.DB.prepare(
    `SELECT version, (SELECT coalesce(max(id), 0) FROM admin_action) AS auditId FROM snapshot_state`,
  ).first<{ version: number; auditId: number }>()
  if (!base) throw new Error('there is no snapshot_state')
  const faults = createFaults(clock, ISOLATES)
  const users = new Set<string>()
  return {
    name,
    clock,
    faults,
    history: createHistory(base, clock),
    people: createPeople(),
    /** Flags with an override that has no audit row yet. */
    orders: [] as { readonly target: string; readonly since: number }[],
    /** By name: the answer that created the key. */
    secrets: new Map<string, string>(),
    count: (what: string) => void (counts[what] = (counts[what] ?? 0) + 1),
    isolate(at: number): Isolate {
      const isolate = faults.isolates[at]
      if (!isolate) throw new Error(`there is no isolate ${at}`)
      return isolate
    },
    /** The first user is the same in all runs of a file. The others are new in each run. */
    userId(user: number): string {
      const userId = user === 0 ? 'regular' : `${name}-u${user}`
      users.add(userId)
      return userId
    },
    /** Users with a request so far. Waking the object of another user would create it. */
    users: () => Array.from(users),
    flagKey: (flag: number) => `${name}.f${flag}`,
    experimentKey: (experiment: number) => `${name}-x${experiment}`,
    keyName: (key: number) => `${name} k${key}`,
  }
}

export type Scene = Awaited<ReturnType<typeof openScene>>

export type Answer<T = Record<string, unknown>> = {
  readonly status: number
  /** The snapshot version of the answer, when the answer names it. */
  readonly version: number | null
  readonly body: T
}

/** Sends a request to an isolate, and waits for its background work, unless a fault makes it hang. */
export const send = async <T = Record<string, unknown>>(
  { env: bindings, link }: Isolate,
  method: string,
  path: string,
  sent: Sent,
): Promise<Answer<T>> => {
  const context = createExecutionContext()
  const response = await app.fetch(createRequest(method, path, sent), bindings, context)
  const body = await response.json<T>()
  if (link.mode !== 'lost') await waitOnExecutionContext(context)
  if (response.status === 500)
    throw new Violation(`${method} ${path} answers 500: ${JSON.stringify(body)}`)
  const version = response.headers.get('X-Snapshot-Version')
  return { status: response.status, version: version === null ? null : Number(version), body }
}
