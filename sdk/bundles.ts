import { isSameAnswer, parseBundle, type Bundle } from './bundle.ts'
import { readContext, type Asked, type FlagsContext } from './context.ts'
import { createGate } from './gate.ts'
import type { Settings } from './options.ts'
import { createRecent } from './recent.ts'
import type { Post, Reply } from './request.ts'
import { createShared } from './shared.ts'
import { createShelf } from './shelf.ts'
import { createSlot } from './storage.ts'

type Entry = {
  readonly key: string
  readonly asked: Asked
  readonly listeners: Set<() => void>
  bundle: Bundle | undefined
  etag: string | undefined
  /** When the bundle was last known to be current; 0 when that is not known. Epoch milliseconds. */
  verifiedAt: number
  /** The newest version that was announced when the bundle was last asked for. */
  askedVersion: number
}

/** Before what failed is tried again, in milliseconds. */
const LEAST_PAUSE_MS = 1_000

const headerOf = (reply: Reply, name: string) => reply.headers?.get(name) ?? undefined

/** The bundle that a reply holds, or confirms. */
const bundleIn = (reply: Reply, known: Bundle | undefined): Bundle | undefined =>
  reply.status === 200
    ? parseBundle(reply.body)
    : reply.status === 304 && known
      ? { ...known, version: Number(headerOf(reply, 'X-Snapshot-Version')) || known.version }
      : undefined

/** The answers of this client, one a context: fresh for a while, then served while they are asked for again. */
export const createBundles = (settings: Settings, post: Post, onBundle: () => void) => {
  const { now, timeoutMs, onError } = settings
  const shelf = createShelf(createSlot(settings.storage, `bundles:${settings.name}`))
  const entries = createRecent<Entry>(settings.maxContexts, ({ listeners }) => listeners.size > 0)
  const gate = createGate(settings)
  const shared = createShared<Bundle | undefined>(settings)
  let announced = 0
  let last: Entry | undefined
  let streamPath: string | undefined

  const entryOf = (context: FlagsContext): Entry => {
    const asked = readContext(context)
    const key = JSON.stringify(asked)
    const known = entries.get(key)
    if (known) return (last = known)
    const kept = shelf.load(key)
    const entry: Entry = {
      key,
      asked,
      listeners: new Set(),
      bundle: kept?.bundle,
      etag: kept?.etag,
      verifiedAt: 0,
      askedVersion: 0,
    }
    entries.set(key, entry)
    return (last = entry)
  }

  const adopt = (entry: Entry, bundle: Bundle, etag: string | undefined) => {
    const before = entry.bundle
    const isSame = before !== undefined && isSameAnswer(before, bundle)
    // The same objects as before, so that whoever compares them sees that nothing changed.
    entry.bundle = isSame ? { ...bundle, flags: before.flags, variants: before.variants } : bundle
    entry.etag = etag
    entry.verifiedAt = now()
    streamPath = bundle.stream
    shelf.save(entry.key, { bundle: entry.bundle, etag })
    onBundle()
    if (!isSame) for (const listener of entry.listeners) listener()
  }

  const isBehind = ({ askedVersion, bundle }: Entry) =>
    Math.max(askedVersion, bundle?.version ?? 0) < announced

  /** Asks once; again when a newer version was announced meanwhile. Never rejects. */
  const load = async (entry: Entry, isUnconditional: boolean): Promise<Bundle | undefined> => {
    do {
      const demanded = announced
      const minVersion = Math.max(demanded, entry.bundle?.version ?? 0)
      const etag = isUnconditional ? undefined : entry.bundle && entry.etag
      const reply = await post({
        path: `/v1/bundle?minVersion=${minVersion}`,
        body: { context: entry.asked },
        ...(etag && { headers: { 'If-None-Match': etag } }),
        timeoutMs,
      })
      const bundle = bundleIn(reply, entry.bundle)
      if (!bundle) {
        gate.failed(reply.retryAfterMs)
        onError(reply.error ?? new Error(`/v1/bundle answered ${reply.status}`))
        return undefined
      }
      gate.succeeded()
      entry.askedVersion = demanded
      adopt(entry, bundle, headerOf(reply, 'ETag') ?? etag)
    } while (isBehind(entry))
    return entry.bundle
  }

  /** Asks for the bundle; whoever asks meanwhile shares the answer. Undefined when none can be had now. */
  const refresh = (entry: Entry, isUnconditional = false): Promise<Bundle | undefined> => {
    const pending = shared.find(entry.key)
    if (pending) return pending
    if (gate.shutFor() > 0) return Promise.resolve(undefined)
    // A callback of the app may throw: that is no answer, and not ours to report.
    return shared.share(
      entry.key,
      load(entry, isUnconditional).catch(() => undefined),
    )
  }

  const isFresh = ({ bundle, verifiedAt }: Entry) => {
    const ageMs = now() - verifiedAt
    return bundle !== undefined && ageMs >= 0 && ageMs < bundle.staleTime * 1000
  }

  /** The entries that somebody looks at now. */
  const watched = () => entries.all().filter((entry) => entry === last || entry.listeners.size > 0)

  let timer: ReturnType<typeof setTimeout> | undefined

  /** Asks for what was announced and is looked at, until it is there. */
  const catchUp = async (): Promise<void> => {
    clearTimeout(timer)
    await Promise.all(
      watched()
        .filter(isBehind)
        .map((entry) => refresh(entry)),
    )
    if (watched().some(isBehind))
      timer = setTimeout(() => void catchUp(), Math.max(gate.shutFor(), LEAST_PAUSE_MS))
  }

  return {
    /** What is known without asking. */
    peek: (context: FlagsContext): Bundle | undefined => entryOf(context).bundle,
    /** When that was last known to be current, in epoch milliseconds; 0 when it is not known. */
    verifiedAt: (context: FlagsContext): number => entryOf(context).verifiedAt,
    /**
     * The answer: a fresh one, else the last one while it is asked for again; who is patient waits for the fresh one.
     * Undefined when there never was one.
     */
    read: async (context: FlagsContext, isPatient = false): Promise<Bundle | undefined> => {
      const entry = entryOf(context)
      const isOutdated = !entry.bundle || isBehind(entry)
      if (isOutdated || !isFresh(entry)) {
        const refreshed = refresh(entry)
        if (isOutdated || isPatient) await refreshed
      }
      return entry.bundle
    },
    /** Takes an answer that came by another way, unless there is one. It counts as stale. */
    seed: (context: FlagsContext, given: Bundle): void => {
      const entry = entryOf(context)
      const bundle = parseBundle(given)
      if (bundle && entry.verifiedAt === 0) Object.assign(entry, { bundle, etag: undefined })
    },
    /** Calls back when the answer for this context changed, until the returned function is called. */
    subscribe: (context: FlagsContext, listener: () => void): (() => void) => {
      const { listeners } = entryOf(context)
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    /** Takes note that a version is out: what is looked at is asked for now, the rest when it is next read. */
    announce: (version: number) => {
      if (version <= announced) return
      announced = version
      void catchUp()
    },
    /** Asks again for what is looked at, whatever is known: something may have been missed. */
    reload: () => Promise.all(watched().map((entry) => refresh(entry, true))),
    /** How long the service is left alone yet, in milliseconds. */
    pauseMs: gate.shutFor,
    close: () => clearTimeout(timer),
    /** Where changes are announced, as the last answer said. */
    streamPath: () => streamPath,
  }
}

export type Bundles = ReturnType<typeof createBundles>
