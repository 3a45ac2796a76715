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

const warn = (...words: unknown[]) => console.warn('@indietix/flags:', ...words)

/** A short name for a service and a key, so that what is kept for one is not served for another. */
const nameOf = (text: string): string => {
  let hash = 0
  for (const char of text) hash = (hash * 31 + char.charCodeAt(0)) % 2 ** 40
  return hash.toString(36)
}

const isGiven = ([, value]: readonly [string, unknown]) => value !== undefined

/** The options with every default filled in. */
export const readOptions = (options: FlagsOptions) => {
  const { url, key, stream = true } = options
  if (!url || !key) warn('no url or no key')
  const own: OpenEventSource | undefined = isPage() ? globalThis.EventSource : undefined
  const defaults = {
    timeoutMs: 2_000,
    storage: pageStorage(),
    keepVariants: isPage(),
    maxBuffered: 1_000,
    maxContexts: 1_000,
    onError: () => {},
    onDrop: ({ items, reason }: Dropped) => warn(items.length, 'dropped:', reason),
    fetch: (...sent: Parameters<typeof fetch>) => globalThis.fetch(...sent),
    now: Date.now,
    random: Math.random,
  }
  const given = Object.fromEntries(Object.entries(options).filter(isGiven)) as FlagsOptions
  return {
    ...defaults,
    ...given,
    url: url.replace(/\/+$/, ''),
    name: nameOf(url + key),
    EventSource: stream === true ? own : stream || undefined,
  }
}

export type Settings = ReturnType<typeof readOptions>
