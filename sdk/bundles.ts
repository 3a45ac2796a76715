import { parseBundle, type Bundle } from './bundle.ts'
import type { FlagsContext } from './context.ts'
import { createEntries, type Entry } from './entries.ts'
import { createGate } from './gate.ts'
import type { Settings } from './options.ts'
import { isHopeless, type Post, type Reply } from './request.ts'
import { isYoung } from './time.ts'
import { createShared } from './shared.ts'

/** The bundle that a reply holds, or confirms. */
const bundleIn = ({ status, body, version }: Reply, known: Bundle | undefined) =>
  status === 200
    ? parseBundle(body)
    : status === 304 && known
      ? { ...known, version: version || known.version }
      : undefined

/** The answers of this client, one a context: fresh for a while, then served while they are asked for again. */
export const createBundles = (settings: Settings, post: Post, onBundle: () => void) => {
  const { now, timeoutMs, onError } = settings
  const entries = createEntries(settings)
  const gate = createGate(settings)
  const shared = createShared<unknown>(settings)
  let announced = 0
  let streamPath: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const isBehind = ({ version }: Entry) => version < announced

  /** Asks; again when a newer version was announced meanwhile. */
  const load = async (entry: Entry, isUnconditional?: boolean): Promise<void> => {
    const deadline = performance.now() + timeoutMs
    do {
      const minVersion = Math.max(announced, entry.version)
      const etag = isUnconditional ? undefined : entry.etag
      const reply = await post({
        path: `/v1/bundle?minVersion=${minVersion}`,
        body: { context: entry.asked },
        ...(etag && { headers: { 'If-None-Match': etag } }),
        timeoutMs: deadline - performance.now(),
      })
      const bundle = bundleIn(reply, entry.bundle)
      if (!bundle) {
        // What is wrong with this context is not wrong with others.
        if (isHopeless(reply)) entry.version = minVersion
        else gate.failed(reply.retryAfterMs)
        onError(reply.error)
        return
      }
      gate.succeeded()
      streamPath = bundle.stream
      entries.adopt(entry, bundle, reply.etag ?? etag, minVersion)
      onBundle()
    } while (isBehind(entry))
  }

  /** Asks for the bundle, unless the service is to be left alone; whoever asks meanwhile shares the answer. */
  const refresh = (entry: Entry, isUnconditional?: boolean): Promise<unknown> =>
    shared(entry, async () => gate.shutFor() > 0 || load(entry, isUnconditional))

  const refreshAll = (all: readonly Entry[], isUnconditional?: boolean) =>
    Promise.all(all.map((entry) => refresh(entry, isUnconditional)))

  const isFresh = ({ bundle, verifiedAt }: Entry) =>
    bundle && isYoung(now() - verifiedAt, bundle.staleTime * 1000)

  /** Asks for what was announced and is looked at, until it is there. */
  const catchUp = async (): Promise<void> => {
    clearTimeout(timer)
    await refreshAll(entries.watched().filter(isBehind))
    if (entries.watched().some(isBehind)) timer = setTimeout(() => void catchUp(), gate.shutFor())
  }

  /** Takes note that a version is out: what is looked at is asked for now, the rest when it is next read. */
  const announce = (version: number) => {
    if (!(version > announced)) return
    announced = version
    void catchUp()
  }

  return {
    /** What is known without asking. */
    peek: (context: FlagsContext): Bundle | undefined => entries.of(context).bundle,
    /** When that was last known to be current, in epoch milliseconds; 0 when it is not known. */
    verifiedAt: (context: FlagsContext): number => entries.of(context).verifiedAt,
    /**
     * The answer: a fresh one, else the last one while it is asked for again; who is patient waits for the fresh one.
     * Undefined when there never was one.
     */
    read: async (context: FlagsContext, isPatient = false): Promise<Bundle | undefined> => {
      const entry = entries.of(context)
      const isOutdated = !entry.bundle || isBehind(entry)
      if (isOutdated || !isFresh(entry)) {
        const refreshed = refresh(entry)
        if (isOutdated || isPatient) await refreshed
      }
      return entry.bundle
    },
    /** Takes an answer that came by another way, unless there is one. It counts as stale. */
    seed: (context: FlagsContext, given: Bundle): void => {
      const entry = entries.of(context)
      const bundle = parseBundle(given)
      if (bundle && entry.verifiedAt === 0)
        Object.assign(entry, { bundle, version: bundle.version, etag: undefined })
    },
    /** Calls back when the answer for this context changed, until the returned function is called. */
    subscribe: (context: FlagsContext, listener: () => void): (() => void) => {
      const { listeners } = entries.of(context)
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    announce,
    /** Asks again for what is looked at, whatever is known: something may have been missed. */
    reload: () => refreshAll(entries.watched(), true),
    /** Asks again for what a user has: it changed with a version. */
    renew: (userId: string, version: number) => {
      announce(version)
      return refreshAll(entries.all().filter(({ asked }) => asked.userId === userId))
    },
    /** How long the service is left alone yet, in milliseconds. */
    pauseMs: gate.shutFor,
    /** Asks for no change any more. */
    close() {
      clearTimeout(timer)
      announced = 0
    },
    /** Where changes are announced, as the last answer said. */
    streamPath: () => streamPath,
  }
}

export type Bundles = ReturnType<typeof createBundles>
