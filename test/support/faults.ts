import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Env } from '../../worker/env.ts'
import { publisherOf, type Publisher } from '../../worker/objects/publisher.ts'

type Puts = { readonly at: number; readonly version: number }[]

/** A KV that does as it is told: refuses puts, serves an old value, fails; and remembers every put. */
export const lyingKv = (real: KVNamespace) => {
  const control = {
    puts: [] as Puts,
    refusePuts: false,
    /** Undefined tells the truth. */
    frozenAt: undefined as string | null | undefined,
    isDown: false,
    reads: 0,
  }
  const get = async (key: string) => {
    control.reads++
    if (control.isDown) throw new Error('KV GET failed: 503 Service Unavailable')
    return control.frozenAt === undefined ? real.get(key, 'text') : control.frozenAt
  }
  const put = async (key: string, value: string, options?: KVNamespacePutOptions) => {
    control.puts.push({ at: Date.now(), version: JSON.parse(value).version })
    if (control.refusePuts || control.isDown)
      throw new Error('KV PUT failed: 429 Too Many Requests')
    await real.put(key, value, options)
  }
  return { control, kv: { ...real, get, put } as unknown as KVNamespace }
}

const honest = (statement: D1PreparedStatement) =>
  (statement as D1PreparedStatement & { honest?: D1PreparedStatement }).honest ?? statement

/** A D1 that does as it is told: fails, never answers, or commits without answering. */
export const lyingD1 = (real: D1Database) => {
  const control = {
    mode: 'honest' as 'honest' | 'down' | 'silent' | 'commits silently',
    /** What every call waits for before it begins. */
    hold: async (): Promise<void> => {},
  }
  const fault = async <T>(work: () => Promise<T>): Promise<T> => {
    await control.hold()
    if (control.mode === 'down') throw new Error('D1_ERROR: Network connection lost.')
    if (control.mode === 'silent') return new Promise(() => {})
    const result = await work()
    if (control.mode === 'commits silently') throw new Error('D1_ERROR: Network connection lost.')
    return result
  }
  const wrapStatement = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...values: unknown[]) => wrapStatement(target.bind(...values))
        if (name === 'honest') return target
        const member: unknown = Reflect.get(target, name)
        return typeof member === 'function'
          ? (...args: unknown[]) => fault(() => member.apply(target, args) as Promise<unknown>)
          : member
      },
    })
  const wrap = (session: Pick<D1Database, 'prepare' | 'batch'>) => ({
    prepare: (query: string) => wrapStatement(session.prepare(query)),
    batch: (statements: D1PreparedStatement[]) =>
      fault(() => session.batch(statements.map(honest))),
  })
  const d1 = {
    ...wrap(real),
    withSession: (constraint?: string) => wrap(real.withSession(constraint)),
  } as unknown as D1Database
  return { control, d1 }
}

/** Replaces bindings of the running Publisher. */
export const withPublisherBindings = (bindings: Partial<Env>) =>
  runInDurableObject<Publisher, void>(publisherOf(env), (instance) => {
    Object.assign(instance, { env: { ...env, ...bindings } })
  })
