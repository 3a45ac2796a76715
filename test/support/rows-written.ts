import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Env } from '../../worker/env.ts'
import { getParticipant } from '../../worker/objects/stubs.ts'

/** Rows written, which Cloudflare charges for. A set alarm is one, too. */
export type Rows = { readonly object: number; readonly d1: number }

/** What one operation costs: a row of the table in docs/limits-and-cost.md. */
export type Cost = {
  readonly operation: string
  readonly requests: string
  readonly objectRequests: string
  readonly rows: Rows
}

export const formatRow = ({ operation, requests, objectRequests, rows }: Cost): string =>
  `| ${[operation, requests, objectRequests, rows.object, rows.d1].join(' | ')} |`

type Settable = { env: Env }

const isSettable = (instance: object): instance is Settable => 'env' in instance

/** Counts the rows that objects and D1 write, by their own counters. */
export const createMeter = () => {
  const cursors: { readonly rowsWritten: number }[] = []
  const metas: D1Meta[] = []
  let alarms = 0

  const count = <T>(result: D1Result<T>) => {
    metas.push(result.meta)
    return result
  }
  const honest = Symbol('the statement itself')
  const wrapStatement = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        if (name === honest) return target
        if (name === 'bind') return (...values: unknown[]) => wrapStatement(target.bind(...values))
        if (name === 'raw')
          return async (options?: { columnNames?: false }) => {
            count(await target.all())
            return target.raw(options)
          }
        if (name === 'all' || name === 'run') return async () => count(await target[name]())
        return Reflect.get(target, name)
      },
    })
  const wrap = (session: Pick<D1Database, 'prepare' | 'batch'>) => ({
    prepare: (query: string) => wrapStatement(session.prepare(query)),
    batch: async (statements: D1PreparedStatement[]) => {
      const results = await session.batch(
        statements.map((each) => Reflect.get(each, honest) as D1PreparedStatement),
      )
      return results.map(count)
    },
  })
  const DB = {
    ...wrap(env.DB),
    withSession: (constraint?: string) => wrap(env.DB.withSession(constraint)),
  } as unknown as D1Database

  const follow = (stub: DurableObjectStub) =>
    runInDurableObject(stub, (instance: DurableObject, { storage }) => {
      const exec = storage.sql.exec.bind(storage.sql)
      storage.sql.exec = (query: string, ...values: unknown[]) => {
        const cursor = exec(query, ...values)
        cursors.push(cursor)
        return cursor as never
      }
      const setAlarm = storage.setAlarm.bind(storage)
      storage.setAlarm = (...when) => {
        alarms++
        return setAlarm(...when)
      }
      if (isSettable(instance)) instance.env = { ...instance.env, DB }
    })

  const clear = () => {
    cursors.length = 0
    metas.length = 0
    alarms = 0
  }

  return {
    /** An isolate whose D1 is counted. */
    asked: { at: { ...env, DB } satisfies Env },
    /** Counts the object of a user, until it is evicted. */
    followUser: (userId: string) => follow(getParticipant(env, userId)),
    start: clear,
    /** The rows since the start. */
    read: (): Rows => {
      const object = cursors.reduce((sum, { rowsWritten }) => sum + rowsWritten, alarms)
      const d1 = metas.reduce((sum, { rows_written }) => sum + rows_written, 0)
      return { object, d1 }
    },
  }
}
