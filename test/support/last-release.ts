import type { Env } from '../../worker/env.ts'

/*
 * The calls from the Worker to the objects, as the last release makes and answers them. In a deployment, a Worker may
 * call objects of the release before or after its own. So a member or method may only go one release after its last use.
 *
 * At a release: bring `CALLS` up to date with the code that is released.
 */

const editor = { actor: 'test', at: new Date(0), comment: undefined }
const who = { userId: 'skew-user', experimentKey: 'skew' }

type Call = {
  readonly on: 'PARTICIPANT' | 'PUBLISHER'
  /** The user id of a Participant. */
  readonly of?: string
  readonly method: string
  readonly sent: readonly unknown[]
  /** An example of the answer. Undefined: the Worker reads none. */
  readonly answer: unknown
}

/** In an order in which they can be made. */
export const CALLS: readonly Call[] = [
  {
    on: 'PARTICIPANT',
    of: 'skew-visitor',
    method: 'assign',
    sent: [
      {
        ...who,
        userId: 'skew-visitor',
        bucketVariant: 'A',
        phase: 1,
        isBucketed: true,
        requestId: 'r-1',
        expiresAt: Number.MAX_SAFE_INTEGER,
      },
    ],
    answer: { variant: 'A', isNew: true },
  },
  {
    on: 'PARTICIPANT',
    of: 'skew-user',
    method: 'record',
    sent: [
      {
        userId: 'skew-user',
        exposures: [
          {
            ...who,
            id: 'e-1',
            variant: 'A',
            at: 1,
            bucketVariant: 'A',
            isBucketed: true,
            phase: 1,
          },
        ],
        events: [{ id: 'b-1', type: 'booking.confirmed', userId: 'skew-user', at: 2 }],
      },
    ],
    answer: ['accepted', 'accepted'],
  },
  {
    on: 'PARTICIPANT',
    of: 'skew-user',
    method: 'readVariants',
    sent: ['skew-user', ['skew'], false],
    answer: { variants: new Map([['skew', 'A']]), isComplete: true },
  },
  {
    on: 'PARTICIPANT',
    of: 'skew-visitor',
    method: 'getIdentityState',
    sent: ['skew-visitor'],
    answer: {
      isAnonymous: false,
      hasAnonymous: false,
      assignments: [{ experimentKey: 'skew', variant: 'A', phase: 1 }],
    },
  },
  {
    on: 'PARTICIPANT',
    of: 'skew-visitor',
    method: 'claimAnonymousId',
    sent: ['skew-visitor', 'skew-user'],
    answer: 'skew-user',
  },
  {
    on: 'PARTICIPANT',
    of: 'skew-user',
    method: 'mergeAssignments',
    sent: [
      {
        userId: 'skew-user',
        objectName: 'a'.repeat(64),
        assignments: [{ experimentKey: 'skew', variant: 'A', phase: 1 }],
      },
    ],
    answer: [{ experimentKey: 'skew', variant: 'A', conflict: null, phase: 1 }],
  },
  {
    on: 'PARTICIPANT',
    of: 'skew-visitor',
    method: 'queueMerge',
    sent: [[{ experimentKey: 'skew', variant: 'A', conflict: null, phase: 1 }]],
    answer: undefined,
  },
  {
    on: 'PARTICIPANT',
    of: 'skew-user',
    method: 'listAnonymousObjects',
    sent: [],
    answer: ['a'.repeat(64)],
  },
  {
    on: 'PARTICIPANT',
    of: 'skew-visitor',
    method: 'eraseIfOwnedBy',
    sent: ['skew-user', editor],
    answer: { assignments: 0, exposures: 0, events: 0, links: 0 },
  },
  {
    on: 'PARTICIPANT',
    of: 'skew-user',
    method: 'markRemoved',
    sent: [['a'.repeat(64)]],
    answer: undefined,
  },
  {
    on: 'PARTICIPANT',
    of: 'skew-user',
    method: 'erase',
    sent: ['skew-user', editor],
    answer: { assignments: 1, exposures: 1, events: 1, links: 1 },
  },
  {
    on: 'PUBLISHER',
    method: 'publish',
    sent: [1],
    answer: { databaseVersion: 1, visibleIn: 1 },
  },
  {
    on: 'PUBLISHER',
    method: 'newerThan',
    sent: [0],
    answer: { version: 1, snapshot: '{}', ageMs: 0, overrides: 0 },
  },
  { on: 'PUBLISHER', method: 'reportKeyUse', sent: ['client'], answer: undefined },
  {
    on: 'PUBLISHER',
    method: 'addRowCounts',
    sent: [{ rows: new Map(), types: new Map() }],
    answer: undefined,
  },
  {
    on: 'PUBLISHER',
    method: 'readRowCounts',
    sent: ['skew'],
    answer: { rows: new Map(), types: new Map(), since: 0 },
  },
  { on: 'PUBLISHER', method: 'reconcile', sent: [], answer: undefined },
  {
    on: 'PUBLISHER',
    method: 'switchOff',
    sent: ['skew.flag', 'test'],
    answer: { version: 1, base: 1, changed: true, reconciled: true },
  },
]

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

/** The members of the example that a value lacks or has as another type, by path. Further members do no harm. */
export const listMissing = (example: unknown, value: unknown, path = ''): string[] => {
  if (example === null || example === undefined) return []
  if (Array.isArray(example)) {
    if (!Array.isArray(value)) return [path]
    return value.flatMap((item, index) => listMissing(example[0], item, `${path}[${index}]`))
  }
  if (example instanceof Map) return value instanceof Map ? [] : [path]
  if (example instanceof Date) return value instanceof Date ? [] : [path]
  if (!isObject(example)) return typeof value === typeof example ? [] : [path]
  if (!isObject(value)) return [path]
  return Object.keys(example).flatMap((key) =>
    listMissing(example[key], value[key], `${path}.${key}`),
  )
}

export type Observed = Pick<Call, 'on' | 'method' | 'sent'>

type Methods = Record<string, (...sent: unknown[]) => unknown>

/** Bindings that note each call to an object. */
export const observeCalls = (bindings: Env) => {
  const calls: Observed[] = []
  const observe = <Name extends Call['on']>(on: Name) => {
    const getByName = (name: string) => {
      const stub = bindings[on].getByName(name) as unknown as Methods
      return new Proxy(stub, {
        get:
          (_, method: string) =>
          (...sent: unknown[]) => {
            calls.push({ on, method, sent })
            return stub[method]?.(...sent)
          },
      })
    }
    const idFromName = (name: string) => bindings[on].idFromName(name)
    return { getByName, idFromName } as unknown as Env[Name]
  }
  const observed: Env = {
    ...bindings,
    PARTICIPANT: observe('PARTICIPANT'),
    PUBLISHER: observe('PUBLISHER'),
  }
  return { calls, bindings: observed }
}
