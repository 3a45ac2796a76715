import type { Bundle } from './bundle.ts'
import { createBundles } from './bundles.ts'
import { readId, readUser, type FlagsContext } from './context.ts'
import { createDelivery } from './delivery.ts'
import { createSignal } from './internal.ts'
import type { ExperimentKey, FlagKey, KeyOf, ValueOf, VariantOf } from './keys.ts'
import { evaluateLocally } from './local-evaluation.ts'
import { readOptions, type FlagsOptions } from './options.ts'
import { isPage, watchPage } from './page.ts'
import { createPost, withRetries } from './request.ts'
import { createStream } from './stream.ts'
import { canShareTabs } from './tab-leader.ts'
import { createChooser } from './values.ts'
import { createVariants, type Assignment } from './variants.ts'

/**
 * Makes a client of the service. The first read sends the first request. No call throws or rejects because the service
 * is away.
 *
 * @example const flags = createFlagsClient({ url: 'https://flags.example', key: 'flags_client_…' })
 */
export const createFlagsClient = (options: FlagsOptions) => {
  const settings = readOptions(options)
  const slow = createSignal()
  // Tabs that cannot share one stream may hold all connections that the browser has for the service.
  const mayHoldConnections = settings.EventSource && isPage() && !canShareTabs()
  const post = createPost(settings, mayHoldConnections ? slow.emit : undefined)
  const postWithRetries = withRetries(post, settings)
  const events = { loaded: createSignal(), recovered: createSignal() }
  const remote = createBundles(settings, postWithRetries, events)
  const bundles = settings.isLocal
    ? evaluateLocally(settings, postWithRetries, events, remote)
    : remote
  const stream = createStream(settings, bundles.getEventSource, {
    streamPath: bundles.streamPath,
    onVersion: bundles.confirm,
    reload: bundles.reload,
  })
  const delivery = createDelivery(
    settings,
    // A Worker cannot try again later, so it tries again at once.
    settings.waitUntil ? postWithRetries : post,
    (item, { body }) =>
      'anonymousId' in item ? bundles.reloadUser(item.userId, (body as Bundle).version) : undefined,
  )
  const variants = createVariants(settings, postWithRetries, bundles, delivery)

  events.loaded.add(stream.open)
  events.recovered.add(() => {
    stream.openNow()
    delivery.recover()
  })
  delivery.recovered.add(bundles.recover)
  slow.add(stream.makeRoom)
  const unwatchPage = watchPage({
    onHide: () => {
      stream.stop()
      delivery.flushAtExit()
    },
    onShow: () => {
      bundles.recover()
      stream.resume()
    },
    onOnline: () => {
      bundles.recover()
      variants.recover()
      delivery.recover()
      void bundles.reload().then(stream.openNow)
    },
  })

  return {
    /**
     * Reads one flag. An answer is reused for 30 s, and for 5 min while a stream confirms it. Then it is served while a
     * new one loads. Without any answer it returns the default, after `timeoutMs` at the latest.
     */
    getFlag: (context: FlagsContext, key: KeyOf<boolean>, defaultValue = false): Promise<boolean> =>
      bundles.getFlag(context, key, defaultValue),
    /** Reads one flag from memory, without a request: with local evaluation, or after `ready(context)`. */
    peekFlag: (context: FlagsContext, key: KeyOf<boolean>, defaultValue = false): boolean =>
      bundles.peekFlag(context, key, defaultValue),
    /** Reads the value of a flag of any type, as `getFlag` does. A value of another type than the default is reported. */
    getValue: <T>(context: FlagsContext, key: FlagKey, defaultValue: T): Promise<T> =>
      bundles.getValue(context, key, defaultValue),
    /** Reads a text, as `getValue` does. */
    getString: <Key extends KeyOf<string>>(
      context: FlagsContext,
      key: Key,
      defaultValue: ValueOf<Key, string>,
    ): Promise<ValueOf<Key, string>> => bundles.getValue(context, key, defaultValue),
    /** Reads a number, as `getValue` does. */
    getNumber: <Key extends KeyOf<number>>(
      context: FlagsContext,
      key: Key,
      defaultValue: ValueOf<Key, number>,
    ): Promise<ValueOf<Key, number>> => bundles.getValue(context, key, defaultValue),
    /** Reads an object or a list, as `getValue` does. Do not change it: later reads return the same one. */
    getObject: <T extends object>(
      context: FlagsContext,
      key: KeyOf<object>,
      defaultValue: T,
    ): Promise<T> => bundles.getValue(context, key, defaultValue),
    /** Reads the value of a flag of any type from memory, as `peekFlag` does. */
    peekValue: <T>(context: FlagsContext, key: FlagKey, defaultValue: T): T =>
      bundles.peekValue(context, key, defaultValue),
    /** Reads all boolean flags, as `getFlag` does. Empty when there never was an answer. */
    getAllFlags: async (context: FlagsContext): Promise<Record<string, boolean>> => {
      return { ...(await bundles.getFlags(context)) }
    },
    /**
     * Assigns the user's variant for ever. The first call logs the exposure. When the service does not answer, the
     * variant comes from the last bundle and the client logs the exposure.
     */
    assignVariant: variants.assign as <Key extends ExperimentKey>(
      context: FlagsContext,
      experimentKey: Key,
    ) => Promise<Assignment & { readonly variant: VariantOf<Key> | null }>,
    /** Reads the user's variant, or null when the experiment is not running. Logs nothing. */
    getVariant: variants.get as <Key extends ExperimentKey>(
      context: FlagsContext,
      experimentKey: Key,
    ) => Promise<VariantOf<Key> | null>,
    /**
     * Logs that the user saw the variant. The exposure is kept, in storage if there is one, until the service has it.
     *
     * @returns false when it is dropped and reported to `onDrop`: the outbox is full, or the context has no user id
     */
    logExposure: variants.logExposure as <Key extends ExperimentKey>(
      context: FlagsContext,
      experimentKey: Key,
      variant: VariantOf<Key>,
    ) => boolean,
    /** Logs an event of the user, such as `booking.confirmed`. Kept and answered as in `logExposure`. */
    track: (context: FlagsContext, type: string): boolean =>
      delivery.add({ type, ...readUser(context), ts: settings.clock.now() }),
    /**
     * Reports that `anonymousId` signed in as `userId`. The user keeps the variants of the anonymous id. Kept and sent
     * as exposures are.
     *
     * @returns true when the service has it; false when it does not yet, or refused it and `onDrop` was called
     */
    identify: async (anonymousId: string, userId: string): Promise<boolean> => {
      const ids = {
        anonymousId: readId(anonymousId) ?? anonymousId,
        userId: readId(userId) ?? userId,
      }
      variants.identify(ids.anonymousId, ids.userId)
      return delivery.add(ids) && delivery.flush()
    },
    /** Sends all waiting items now. True when nothing is left. Never rejects. */
    flush: delivery.flush,
    /** A short name of the service and the key, the same after a reload. */
    name: settings.name,
    /** Reads the whole bundle of a context, as `getFlag` does. A server hands it to a page as `bootstrap`. */
    getBundle: bundles.read,
    /** The bundle of a context in memory or storage, without a request. */
    peek: bundles.peek,
    /** The value, or the default when the value has another type, which is reported once a flag. */
    chooseValue: createChooser(settings),
    /** When that bundle was last known to be current, in epoch milliseconds; 0 when that is unknown. */
    verifiedAt: bundles.verifiedAt,
    /** The part of a context that this client evaluates, its members in a fixed order. */
    readContext: settings.readContext,
    /** Takes a bundle that came with the page, unless the service has answered already. */
    seed: bundles.seed,
    /** Returns the variant that the user was shown first in this client's life, else this one, and remembers it. */
    keepVariant: variants.keep,
    /** Keeps a context fresh and calls the listener after each change of its values, until the returned function is called. */
    subscribe: bundles.subscribe,
    /** Whether the values are current: of one context, or of all in use. */
    status: bundles.status,
    /** Calls the listener when the state or the last error changes, until the returned function is called. */
    onStatus: bundles.onStatus,
    /** Resolves true once there are values, and false after `timeoutMs` without any. Never rejects. */
    ready: bundles.ready,
    /** Loads one context, or all in use, now. True when the values are current. Never rejects. */
    refresh: bundles.refresh,
    /** The number of items that wait, and of those that were dropped. */
    pending: delivery.pending,
    /** Stops listening and sends what waits. Resolves as `flush` does. */
    close: async (): Promise<boolean> => {
      unwatchPage()
      stream.close()
      bundles.close()
      return delivery.close()
    },
  }
}

export type FlagsClient = ReturnType<typeof createFlagsClient>
