import { readContext, type AttributeNames, type EvaluatedContext } from './context.ts'
import { attempt, createClock, ignoreRejection, type Clock } from './internal.ts'
import type { Dropped } from './outbox.ts'
import { isPage } from './page.ts'
import { createReporter, type Reporter } from './report.ts'
import { getPageStorage, type FlagsStorage } from './storage.ts'
import type { OpenEventSource } from './stream.ts'

export type FlagsOptions = {
  /** The origin of the service, such as `https://flags.example`. */
  readonly url: string
  /** An evaluation key: a `client` key in pages and apps, a `server` key elsewhere. */
  readonly key: string
  /** The limit for a read, retries included, in milliseconds. Default 2,000. */
  readonly timeoutMs?: number
  /**
   * Where flags are evaluated. `local`: in this process, from a snapshot that the service keeps current; for servers,
   * with a `server` key. Default `remote`: each context is one request.
   */
  readonly evaluation?: 'remote' | 'local'
  /**
   * Attributes of a context that are sent beside `userId`, `role`, `city`, `categories` and `anonymous`: these names, or
   * `'all'`. Default: none. A change of a sent attribute is a new request. Local evaluation reads all of them.
   */
  readonly attributes?: readonly string[] | 'all'
  /** With local evaluation, a file that keeps the last good snapshot for the next start. Default: none. */
  readonly snapshotFile?: string
  /** Keeps bundles and unsent items. Default: `localStorage` in a page, none elsewhere. Null: none. */
  readonly storage?: FlagsStorage | null
  /** Pushes changes. Default: in a page with EventSource. A class given here is used anywhere. */
  readonly stream?: boolean | OpenEventSource
  /** Keeps the first variant of a user for the life of this client. Default: in a page. */
  readonly keepVariants?: boolean
  /**
   * Sends one exposure for each user, experiment, variant and day (UTC). The results stay the same, except that
   * `exposures` counts these days and no longer each time. Default false.
   */
  readonly dailyExposures?: boolean
  /** Shows a user's last values while their changed context has no answer yet. Default true. */
  readonly keepValues?: boolean
  /** In a Worker, `waitUntil` of `cloudflare:workers`. It gets the work that goes on after the answer. */
  readonly waitUntil?: (work: Promise<unknown>) => void
  /** The most exposures and events that wait. More are dropped and reported. Default 1,000. */
  readonly maxBuffered?: number
  /** The most contexts in memory. Default 1,000. */
  readonly maxContexts?: number
  /** Called with the reason whenever a request fails. */
  readonly onError?: (error: unknown) => void
  /** Called with items that will never be sent. Default: one warning for each reason on the console. */
  readonly onDrop?: (dropped: Dropped) => void
  readonly fetch?: typeof fetch
  /** The clock, in epoch milliseconds. For tests. */
  readonly now?: () => number
  /** A number from 0 up to 1. For tests. */
  readonly random?: () => number
}

/** The options with their defaults, as the client uses them. */
export type Settings = {
  readonly url: string
  readonly key: string
  /** False when the url or the key cannot work: no request is sent. */
  readonly isConfigured: boolean
  /** Names the service and the key in storage, so that bundles of one are not served for another. */
  readonly name: string
  readonly timeoutMs: number
  readonly storage: FlagsStorage | null | undefined
  readonly isLocal: boolean
  /** The attributes that are read beside the well-known ones. */
  readonly attributes: AttributeNames
  /** The part of a context that this client evaluates. */
  readonly readContext: (context: unknown) => EvaluatedContext
  readonly snapshotFile: string | undefined
  /** False when the app or a Worker has no use for streams. */
  readonly allowsStream: boolean
  /** Undefined when there is no stream, or the default one of local evaluation. */
  readonly EventSource: OpenEventSource | undefined
  readonly keepVariants: boolean
  readonly dailyExposures: boolean
  readonly keepValues: boolean
  readonly waitUntil: ((work: Promise<unknown>) => void) | undefined
  readonly maxBuffered: number
  readonly maxContexts: number
  readonly onDrop: (dropped: Dropped) => void
  /** Reports a failed request to the app. */
  readonly report: Reporter['reportFailure']
  /** Reports another problem: to `onError`, and once to the console. */
  readonly warn: Reporter['reportProblem']
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly random: () => number
}

const hashName = (text: string): string => {
  let hash = 0
  for (const char of text) hash = (hash * 31 + char.charCodeAt(0)) % 2 ** 40
  return hash.toString(36)
}

/** A callback of the app that throws does not stop the client. */
const guard =
  <T>(callback: (value: T) => unknown) =>
  (value: T): void =>
    void attempt(() => ignoreRejection(callback(value)))

const isFunction = (value: unknown): value is (...args: never[]) => unknown =>
  typeof value === 'function'

/** Calls a number source of the app. A result that is no number counts as the default's. */
const guardNumber = (source: unknown, fallback: () => number) => (): number => {
  const value = isFunction(source) ? attempt(() => ignoreRejection(source())) : undefined
  return typeof value === 'number' && Number.isFinite(value) ? value : fallback()
}

/** Timers cannot run for longer, in milliseconds. */
const MAX_COUNT = 2 ** 31 - 1

const readCount = (value: unknown, fallback: number): number =>
  typeof value === 'number' && value >= 0 ? Math.min(value, MAX_COUNT) : fallback

const readAttributes = (value: unknown): AttributeNames =>
  value === 'all'
    ? 'all'
    : (attempt(() => [value].flat().filter((name) => typeof name === 'string')) ?? [])

/** Whether requests can go to this url: an absolute one, or in a page a path of its own origin. */
const isUsableUrl = (url: string) =>
  /^https?:\/\/[^/]/i.test(url) || (isPage() && url.startsWith('/'))

/** Looks `fetch` up at each call, because test tools and tracing replace it. */
const callFetch: typeof fetch = (...args) => globalThis.fetch(...args)

/** Reads any value as options. An option that is missing, throws or has another type takes its default. */
export const readOptions = (options: unknown): Settings => {
  const read = <Name extends keyof FlagsOptions>(name: Name) =>
    attempt(() => (Object(options) as Partial<FlagsOptions>)[name])
  const readText = (name: 'url' | 'key') => {
    const value: unknown = read(name)
    return typeof value === 'string' ? value.trim() : ''
  }
  const url = readText('url').replace(/\/+$/, '')
  const key = readText('key')
  const onError = read('onError')
  const onDrop = read('onDrop')
  const waitUntil = read('waitUntil')
  const customFetch = read('fetch')
  const storage = read('storage')
  const stream = read('stream') ?? true
  const reporter = createReporter(isFunction(onError) ? guard(onError) : () => {})

  if (!url || !key)
    reporter.warn('options', 'set `url` and `key`. Until then every read returns its default.')
  else if (!isUsableUrl(url))
    reporter.warn(
      'options',
      `the url ${JSON.stringify(url)} must begin with https://. Until then every read returns its default.`,
    )
  const snapshotFile: unknown = read('snapshotFile')
  const isLocal = read('evaluation') === 'local'
  const attributes = isLocal ? 'all' : readAttributes(read('attributes'))
  const EventSource = stream === true && isPage() ? attempt(() => globalThis.EventSource) : stream
  return {
    url,
    key,
    isConfigured: key !== '' && isUsableUrl(url),
    name: hashName(url + key),
    timeoutMs: readCount(read('timeoutMs'), 2_000),
    storage: storage === undefined ? getPageStorage() : storage,
    isLocal,
    attributes,
    readContext: (context) => readContext(context, attributes),
    snapshotFile: typeof snapshotFile === 'string' && snapshotFile ? snapshotFile : undefined,
    allowsStream: stream !== false && !isFunction(waitUntil),
    EventSource: typeof EventSource === 'function' ? EventSource : undefined,
    keepVariants: read('keepVariants') ?? isPage(),
    dailyExposures: read('dailyExposures') === true,
    keepValues: read('keepValues') ?? true,
    waitUntil: isFunction(waitUntil) ? guard(waitUntil) : undefined,
    maxBuffered: readCount(read('maxBuffered'), 1_000),
    maxContexts: readCount(read('maxContexts'), 1_000),
    onDrop: isFunction(onDrop) ? guard(onDrop) : reporter.warnAboutDrop,
    report: reporter.reportFailure,
    warn: reporter.reportProblem,
    fetch: isFunction(customFetch) ? customFetch : callFetch,
    clock: createClock(guardNumber(read('now'), Date.now)),
    random: guardNumber(read('random'), Math.random),
  }
}
