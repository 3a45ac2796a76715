import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Env } from '../../worker/env.ts'
import { getParticipant, getPublisher } from '../../worker/objects/stubs.ts'
import type { Participant } from '../../worker/objects/participant/participant.ts'
import type { Publisher } from '../../worker/objects/publisher/publisher.ts'

type Puts = { readonly at: number; readonly version: number }[]

/** A KV with faults by choice: it refuses puts, serves an old value or fails. It remembers each put. */
export const lyingKv = (real: KVNamespace) => {
  const control = {
    puts: [] as Puts,
    refusePuts: false,
    /** Undefined: the real value. */
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

type D1Mode =
  | 'honest'
  | 'down'
  | 'silent'
  /** What writes is done, and its answer lost. */
  | 'commits silently'
  | 'commits, then silent'
  /** Every query waits for its entry in `held` to be called. */
  | 'held'

/** A D1 with faults by choice: it fails, never answers, or commits without an answer. */
export const lyingD1 = (real: D1Database) => {
  const control = {
    mode: 'honest' as D1Mode,
    calls: 0,
    /** The texts of all queries. */
    queries: [] as string[],
    held: [] as (() => void)[],
    /** What every call waits for before it begins, and before it answers. */
    hold: async (): Promise<void> => {},
    /** What happens between the reads before a transaction and the transaction. */
    beforeBatch: undefined as (() => Promise<void>) | undefined,
    holdAnswer: async (): Promise<void> => {},
    /** The bytes of the largest text that was bound: D1 takes 2 MB. */
    largestText: 0,
  }
  const measure = (values: readonly unknown[]) => {
    for (const value of values)
      if (typeof value === 'string')
        control.largestText = Math.max(control.largestText, new TextEncoder().encode(value).length)
    return values
  }
  const fault = async <T>(work: () => Promise<T>, writes: boolean): Promise<T> => {
    await control.hold()
    const { mode } = control
    control.calls++
    if (mode === 'down') throw new Error('D1_ERROR: Network connection lost.')
    if (mode === 'silent') return new Promise(() => {})
    if (mode === 'held') await new Promise<void>((letGo) => control.held.push(letGo))
    const result = await work()
    await control.holdAnswer()
    if (mode === 'commits silently' && writes) throw new Error('D1_ERROR: Network connection lost.')
    return mode === 'commits, then silent' ? new Promise(() => {}) : result
  }
  const wrapStatement = (statement: D1PreparedStatement): D1PreparedStatement =>
    new Proxy(statement, {
      get(target, name) {
        if (name === 'bind')
          return (...values: unknown[]) => wrapStatement(target.bind(...measure(values)))
        if (name === 'honest') return target
        const member: unknown = Reflect.get(target, name)
        return typeof member === 'function'
          ? (...args: unknown[]) =>
              fault(() => member.apply(target, args) as Promise<unknown>, name === 'run')
          : member
      },
    })
  const wrap = (session: Pick<D1Database, 'prepare' | 'batch'>) => ({
    prepare: (query: string) => {
      control.queries.push(query)
      return wrapStatement(session.prepare(query))
    },
    batch: async (statements: D1PreparedStatement[]) => {
      await control.beforeBatch?.()
      return fault(() => session.batch(statements.map(honest)), true)
    },
  })
  const d1 = {
    ...wrap(real),
    withSession: (constraint?: string) => wrap(real.withSession(constraint)),
  } as unknown as D1Database
  return { control, d1 }
}

/** Replaces bindings of the running Publisher. */
export const withPublisherBindings = (bindings: Partial<Env>) =>
  runInDurableObject<Publisher, void>(getPublisher(env), (instance) => {
    Object.assign(instance, { env: { ...env, ...bindings } })
  })

/** Replaces bindings of a user's running object, until that is evicted. */
export const withParticipantBindings = (userId: string, bindings: Partial<Env>) =>
  runInDurableObject<Participant, void>(getParticipant(env, userId), (instance) => {
    Object.assign(instance, { env: { ...env, ...bindings } })
  })

const METHODS = [
  'assign',
  'readVariants',
  'record',
  'getIdentityState',
  'claimAnonymousId',
  'mergeAssignments',
  'queueMerge',
] as const
export type Method = (typeof METHODS)[number]

/** A namespace of users' objects with faults by choice: they throw, hang, are overloaded, or answer on a signal. */
export const lyingParticipants = (real: Env['PARTICIPANT']) => {
  const control = {
    mode: 'honest' as 'honest' | 'throwing' | 'hanging' | 'overloaded' | 'held',
    /** Every call of any object, in the order in which they came. */
    calls: [] as Method[],
    /** What `held` calls wait for: each lets one go on, to the real object. */
    held: [] as (() => Promise<unknown>)[],
    /** The users whose objects have the fault. All users when undefined. */
    only: undefined as readonly string[] | undefined,
    /** How many calls they obey for; then they are honest again. */
    times: Number.POSITIVE_INFINITY,
    /** Of which calls the answer is lost, though they were heard; and which are not heard. */
    lost: undefined as Method | undefined,
    unheard: undefined as Method | undefined,
  }
  const call = (name: string, method: Method, args: readonly unknown[]): Promise<unknown> => {
    const stub = real.getByName(name) as unknown as Record<
      Method,
      (...args: readonly unknown[]) => Promise<unknown>
    >
    control.calls.push(method)
    if (method === control.unheard) return Promise.reject(new Error('Network connection lost.'))
    if (method === control.lost)
      return stub[method](...args).then(() => {
        throw new Error('Network connection lost.')
      })
    const isTold =
      control.only?.every((userId) => getParticipant(env, userId).name !== name) !== true
    if (!isTold || control.mode === 'honest' || control.times-- <= 0) return stub[method](...args)
    if (control.mode === 'hanging') return new Promise(() => {})
    if (control.mode === 'held')
      return new Promise((answer, fail) =>
        control.held.push(() => stub[method](...args).then(answer, fail)),
      )
    const isOverloaded = control.mode === 'overloaded'
    return Promise.reject(
      Object.assign(new Error('Durable Object is overloaded or was reset.'), {
        retryable: !isOverloaded,
        overloaded: isOverloaded,
      }),
    )
  }
  const namespace = {
    getByName: (name: string) =>
      Object.fromEntries(
        METHODS.map((method) => [method, (...args: unknown[]) => call(name, method, args)]),
      ),
  } as unknown as Env['PARTICIPANT']
  return { control, namespace }
}
