import { hasSameValues, type Bundle } from './bundle.ts'
import type { Bundles } from './bundles.ts'
import type { FlagsContext } from './context.ts'
import { createEntry, type Entry } from './entry.ts'
import { createEvaluator } from './evaluator.ts'
import { createLru } from './internal.ts'
import { createLoader, type LoadEvents } from './loader.ts'
import type { Settings } from './options.ts'
import type { Post } from './request.ts'
import type { LocalSnapshot } from './snapshot.ts'
import { createStatus } from './status.ts'
import { createChooser } from './values.ts'

/*
 * Local evaluation. The client imports this module only when it is wanted, so a page never carries the evaluator.
 *
 *   first use ─► file, if any ─► GET /v1/snapshot ─► compile ─► stream
 *                                   ▲                             │ version, heartbeat
 *                                   └──── new version, 27 s ◄─────┘
 */

/** A snapshot may be large and is loaded in the background, so it may take longer than a read. */
const LOAD_TIMEOUT_MS = 10_000

/**
 * Answers from the service's snapshot, evaluated in this process. Only variants that an evaluation cannot know come from
 * `remote`, one request a user.
 */
export const createLocalBundles = (
  settings: Settings,
  post: Post,
  events: LoadEvents,
  remote: Bundles,
): Bundles => {
  const { timeoutMs, maxContexts } = settings
  const evaluator = createEvaluator(settings)
  const choose = createChooser(settings)
  const entry: Entry<LocalSnapshot> = createEntry(settings)
  /** Equal values keep their identity, so that React does not render again. */
  const shown = createLru<Bundle>(maxContexts)
  let isStarted = false

  const loader = createLoader<LocalSnapshot, Entry<LocalSnapshot>>(
    { ...settings, timeoutMs: Math.max(timeoutMs, LOAD_TIMEOUT_MS) },
    post,
    events,
    {
      all: () => [entry],
      active: () => [entry],
      isWatched: () => isStarted,
      describeRequest: () => ({ path: '/v1/snapshot' }),
      parse: evaluator.compile,
      adopt: (_, value, etag) => {
        entry.value = value
        entry.etag = etag
        evaluator.save(value, etag)
      },
      onFailure: () => {},
    },
  )

  /** Waits for work, but never longer than a read may take. */
  const waitFor = async (work: Promise<unknown>): Promise<void> => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const timeout = new Promise((resolve) => {
      timer = setTimeout(resolve, timeoutMs)
    })
    await Promise.race([work, timeout])
    clearTimeout(timer)
  }

  const readFile = async () => {
    const stored = await evaluator.readFile()
    if (!stored || entry.value) return
    Object.assign(entry, { ...stored, version: stored.value.version })
    loader.settled.emit()
  }

  /** The first request comes after the file, so that it never goes back to an older version than that. */
  const startNow = async (): Promise<void> => {
    await waitFor(readFile())
    isStarted = true
    loader.check()
  }

  let starting: Promise<void> | undefined
  const start = (): Promise<void> => {
    starting ??= startNow()
    return starting
  }

  /** Each read looks at the age, because timers stop in a Worker and in a process that is frozen. */
  const isCurrent = () => entry.loadedAt !== undefined && loader.isFresh(entry)

  const refresh = async () => {
    await start()
    await loader.refresh(entry)
  }

  /** Waits for the snapshot. While the service is away, a read of the last one does not wait. */
  const load = async (): Promise<void> => {
    const loading = waitFor(refresh())
    if (!entry.value || entry.error === undefined) await loading
  }

  const peek = (context: FlagsContext): Bundle | undefined => {
    const { value } = entry
    const flags = value?.readFlags(context)
    if (!value || !flags) return undefined
    const { variants: decided, unknown } = value.readVariants(context)
    const known = unknown.length > 0 ? remote.peek(context)?.variants : undefined
    const answered = Object.entries(known ?? {}).filter(([key]) => unknown.includes(key))
    const variants = { ...decided, ...Object.fromEntries(answered) }
    const { version, staleTime, stream } = value
    const values = value.readTypedValues(context)
    const bundle = { flags, ...(values && { values }), variants, version, staleTime, stream }
    const name = evaluator.toCacheKey(context)
    const before = shown.get(name)
    const isSame = before && before.version === version && hasSameValues(before, bundle)
    if (!isSame) shown.set(name, bundle)
    return isSame ? before : bundle
  }

  const chooseTyped = <T>(context: FlagsContext, key: string, defaultValue: T, like?: unknown): T =>
    choose(key, entry.value?.readValue(context, key), defaultValue, like)

  const getFlags = async (context: FlagsContext) => {
    if (!isCurrent()) await load()
    return entry.value?.readFlags(context)
  }

  return {
    getFlag: async (context, key, defaultValue) => {
      if (!isCurrent()) await load()
      return entry.value?.readFlag(context, key) ?? chooseTyped(context, key, defaultValue, false)
    },
    peekFlag: (context, key, defaultValue) => {
      if (!isStarted) void start()
      return entry.value?.readFlag(context, key) ?? chooseTyped(context, key, defaultValue, false)
    },
    getValue: async (context, key, defaultValue) => {
      if (!isCurrent()) await load()
      return chooseTyped(context, key, defaultValue)
    },
    peekValue: (context, key, defaultValue) => {
      if (!isStarted) void start()
      return chooseTyped(context, key, defaultValue)
    },
    getFlags,
    getVariant: async (context, experimentKey) => {
      if (!isCurrent()) await load()
      const variant = entry.value ? entry.value.readVariant(context, experimentKey) : null
      return variant === undefined ? remote.getVariant(context, experimentKey) : variant
    },
    read: async (context, waitForFresh) => {
      if (!isCurrent() || (waitForFresh && !loader.isFresh(entry))) await load()
      if (entry.value?.readVariants(context).unknown.length)
        await remote.read(context, waitForFresh)
      return peek(context)
    },
    peek,
    verifiedAt: () => entry.verifiedAt?.wall ?? 0,
    /** The snapshot is better than any bundle from outside. */
    seed: () => {},
    subscribe: (context, listener) => {
      void start()
      let last = peek(context)
      return loader.settled.add(() => {
        const next = peek(context)
        if (last && next ? hasSameValues(last, next) : last === next) return
        last = next
        listener()
      })
    },
    reloadUser: (userId, version) => {
      loader.announce(version)
      return remote.reloadUser(userId, version)
    },
    reload: () => loader.refresh(entry),
    confirm: (version) => {
      remote.confirm(version)
      loader.confirm(version)
    },
    recover: () => {
      remote.recover()
      loader.recover()
    },
    pauseMs: (context) =>
      Math.max(loader.isShut() ? loader.pauseMs(entry) : 0, remote.pauseMs(context)),
    streamPath: loader.streamPath,
    getEventSource: () =>
      settings.EventSource ?? (settings.allowsStream ? evaluator.EventSource : undefined),
    ...createStatus(settings, {
      ...loader,
      active: () => [entry],
      getEntry: () => entry,
      read: getFlags,
      refreshNow: async () => {
        await start()
        await waitFor(loader.refreshNow(entry))
      },
    }),
    ready: async () => {
      if (!isCurrent()) await load()
      return entry.value !== undefined
    },
    close: () => {
      loader.close()
      remote.close()
    },
  }
}
