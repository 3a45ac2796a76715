import { attempt } from './internal.ts'
import type { Dropped } from './outbox.ts'
import { isPage } from './page.ts'
import { getPageStorage, type FlagsStorage } from './storage.ts'
import type { OpenEventSource } from './stream.ts'

export type FlagsOptions = {
  /** The origin of the service, such as `https://flags.example`. */
  readonly url: string
  /** An evaluation key: a `client` key in pages and apps, a `server` key elsewhere. */
  readonly key: string
  /** The limit for a read, retries included, in milliseconds. Default 2,000. */
  readonly timeoutMs?: number
  /** Keeps bundles and unsent items. Default: `localStorage` in a page, none elsewhere. Null: none. */
  readonly storage?: FlagsStorage | null
  /** Pushes changes. Default: in a page with EventSource. A class given here is used anywhere. */
  readonly stream?: boolean | OpenEventSource
  /** Keeps the first variant of a user for the life of this client. Default: in a page. */
  readonly keepVariants?: boolean
  /** In a Worker, `waitUntil` of `cloudflare:workers`. It gets the work that goes on after the answer. */
  readonly waitUntil?: (work: Promise<unknown>) => void
  /** The most exposures and events that wait. More are dropped and reported. Default 1,000. */
  readonly maxBuffered?: number
  /** The most contexts in memory. Default 1,000. */
  readonly maxContexts?: number
  /** Called with the reason when a request fails. */
  readonly onError?: (error: unknown) => void
  /** Called with items that will never be sent. Default: a warning on the console. */
  readonly onDrop?: (dropped: Dropped) => void
  readonly fetch?: typeof fetch
  /** The clock, in epoch milliseconds. For tests. */
  readonly now?: () => number
  /** A number from 0 up to 1. For tests. */
  readonly random?: () => number
}

/** The options with their defaults, as the client uses them. */
export type Settings = Required<Omit<FlagsOptions, 'storage' | 'stream' | 'waitUntil'>> & {
  readonly storage: FlagsOptions['storage']
  readonly waitUntil: FlagsOptions['waitUntil']
  /** Names the service and the key in storage, so that bundles of one are not served for another. */
  readonly name: string
  /** Undefined when there is no stream. */
  readonly EventSource: OpenEventSource | undefined
}

const warn = (...words: unknown[]) => console.warn('@indietix/flags:', ...words)

const hashName = (text: string): string => {
  let hash = 0
  for (const char of text) hash = (hash * 31 + char.charCodeAt(0)) % 2 ** 40
  return hash.toString(36)
}

/** A callback of the app that throws does not stop the client. */
const guard =
  <T>(callback: (value: T) => void) =>
  (value: T): void =>
    attempt(() => callback(value))

/** A page that was built without its settings passes no url. It works, with the defaults of its reads. */
type PartialOptions = Omit<FlagsOptions, 'url'> & { readonly url?: string | undefined }

export const readOptions = ({
  url = '',
  key,
  timeoutMs = 2_000,
  storage = getPageStorage(),
  stream = true,
  keepVariants = isPage(),
  waitUntil,
  maxBuffered = 1_000,
  maxContexts = 1_000,
  onError = () => {},
  onDrop = ({ items, reason }) => warn(items.length, 'dropped:', reason),
  fetch = (...args) => globalThis.fetch(...args),
  now = Date.now,
  random = Math.random,
}: PartialOptions): Settings => {
  if (!url || !key) warn('no url or no key')
  return {
    url: url.replace(/\/+$/, ''),
    key,
    name: hashName(url + key),
    timeoutMs,
    storage,
    EventSource: (stream === true ? isPage() && globalThis.EventSource : stream) || undefined,
    keepVariants,
    waitUntil: waitUntil && guard(waitUntil),
    maxBuffered,
    maxContexts,
    onError: guard(onError),
    onDrop: guard(onDrop),
    fetch,
    now,
    random,
  }
}
