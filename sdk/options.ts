import { attempt } from './attempt.ts'
import type { Dropped } from './outbox.ts'
import { isPage } from './page.ts'
import { pageStorage, type FlagsStorage } from './storage.ts'
import type { OpenEventSource } from './stream.ts'

export type FlagsOptions = {
  /** Where the service is, such as `https://flags.example`. */
  readonly url: string
  /** An evaluation key: a `client` key in pages and apps, a `server` key elsewhere. */
  readonly key: string
  /** The longest that a read waits for an answer, retries included, in milliseconds. Default 2,000. */
  readonly timeoutMs?: number
  /** Keeps bundles and what is not sent yet. Default: `localStorage` in a page, none elsewhere. Null: none. */
  readonly storage?: FlagsStorage | null
  /** Whether changes are pushed. Default: in a page that has EventSource. A class given here is used anywhere. */
  readonly stream?: boolean | OpenEventSource
  /** Whether a variant, once given, stays for the life of this client. Default: in a page. */
  readonly keepVariants?: boolean
  /** In a Worker, `waitUntil` of `cloudflare:workers`: what goes on after the answer is handed to it. */
  readonly waitUntil?: (work: Promise<unknown>) => void
  /** As many exposures and events wait at most; more are dropped, and reported. Default 1,000. */
  readonly maxBuffered?: number
  /** As many contexts are held in memory. Default 1,000. */
  readonly maxContexts?: number
  /** Hears why a read could not be answered freshly. */
  readonly onError?: (error: unknown) => void
  /** Hears what will never be sent. Default: a warning on the console. */
  readonly onDrop?: (dropped: Dropped) => void
  readonly fetch?: typeof fetch
  /** The clock, in epoch milliseconds. */
  readonly now?: () => number
  /** From 0 up to 1. */
  readonly random?: () => number
}

/** The options as the client uses them. */
export type Settings = Required<Omit<FlagsOptions, 'storage' | 'stream' | 'waitUntil'>> & {
  readonly storage: FlagsOptions['storage']
  readonly waitUntil: FlagsOptions['waitUntil']
  /** Of the service and the key: what is kept for one is not served for another. */
  readonly name: string
  /** What follows the stream, if anything does. */
  readonly EventSource: OpenEventSource | undefined
}

const warn = (...words: unknown[]) => console.warn('@indietix/flags:', ...words)

/** A short name for a service and a key, so that what is kept for one is not served for another. */
const nameOf = (text: string): string => {
  let hash = 0
  for (const char of text) hash = (hash * 31 + char.charCodeAt(0)) % 2 ** 40
  return hash.toString(36)
}

/** What the app is told; a callback of its own that throws is not ours to report, and stops nothing here. */
const tell =
  <T>(callback: (told: T) => void) =>
  (told: T): void =>
    attempt(() => callback(told))

/** A page that was built without its settings has none: it works all the same, with every default of its reads. */
type MaybeUnset = Omit<FlagsOptions, 'url'> & { readonly url?: string | undefined }

/** The options with every default filled in. */
export const readOptions = ({
  url = '',
  key,
  timeoutMs = 2_000,
  storage = pageStorage(),
  stream = true,
  keepVariants = isPage(),
  waitUntil,
  maxBuffered = 1_000,
  maxContexts = 1_000,
  onError = () => {},
  onDrop = ({ items, reason }) => warn(items.length, 'dropped:', reason),
  fetch = (...sent) => globalThis.fetch(...sent),
  now = Date.now,
  random = Math.random,
}: MaybeUnset): Settings => {
  if (!url || !key) warn('no url or no key')
  return {
    url: url.replace(/\/+$/, ''),
    key,
    name: nameOf(url + key),
    timeoutMs,
    storage,
    EventSource: (stream === true ? isPage() && globalThis.EventSource : stream) || undefined,
    keepVariants,
    waitUntil: waitUntil && tell(waitUntil),
    maxBuffered,
    maxContexts,
    onError: tell(onError),
    onDrop: tell(onDrop),
    fetch,
    now,
    random,
  }
}
