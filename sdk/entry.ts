import { createBackoff, type Backoff } from './backoff.ts'
import { createSignal, type Mark, type Signal } from './internal.ts'
import type { Settings } from './options.ts'

/** What the service answers and the client keeps current: the bundle of a context, or the snapshot. */
export type Loadable = {
  /** The snapshot's version. */
  readonly version: number
  /** For how many seconds it may be used. */
  readonly staleTime: number
  /** The path of the event stream. */
  readonly stream: string
}

/** A value that is kept current, and what the client knows about it. */
export type Entry<Value extends Loadable = Loadable> = {
  /** Listeners to changes of the value. */
  readonly changed: Signal<void>
  readonly backoff: Backoff
  /** The answer of the service, or one from storage or the page. */
  value?: Value | undefined
  /** What to show until there is an answer: the last values of the same user with other attributes. */
  previous?: Value | undefined
  etag?: string | undefined
  /** When the service last answered with a version that was not too old. */
  loadedAt?: Mark | undefined
  /** When the value was last known to be current: by an answer less its age, or by the stream. */
  verifiedAt?: Mark | undefined
  /** The newest version that the value is known to be good for. */
  version: number
  /** The answers in a row that were older than this version. */
  lateAnswers: number
  /** Why the last request failed; undefined after a success. */
  error?: unknown
  failedAt?: Mark | undefined
}

export const createEntry = <Value extends Loadable>(settings: Settings): Entry<Value> => ({
  changed: createSignal(),
  backoff: createBackoff(settings),
  version: 0,
  lateAnswers: 0,
})
