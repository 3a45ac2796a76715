import { createBackoff } from './backoff.ts'
import { createId, createSignal, unrefTimer } from './internal.ts'
import type { Settings } from './options.ts'
import {
  createOutbox,
  isSendable,
  getKind,
  MAX_BATCH_BYTES,
  readRejections,
  takeBatch,
  type Item,
  type NewItem,
  type Rejection,
} from './outbox.ts'
import { isPermanentFailure, type Post, type Reply } from './request.ts'
import { createSlot } from './storage.ts'

/** How long items are collected before they are sent together, in milliseconds. */
const COLLECT_MS = 1_000
/** A batch is sent in the background, so it may wait longer than a read. */
const BATCH_TIMEOUT_MS = 10_000
/** All keepalive requests of a page together may carry 64 KB (Fetch standard). */
const KEEPALIVE_BYTES = 60_000
/** The service will never accept this sign-in, and the items behind it must not wait for ever. */
const IDENTIFY_REFUSED = [403, 404, 409]

/** Items can wait for as long as a timer can run. */
const MAX_RETRY_AFTER_MS = 86_400_000

/** The service takes smaller numbers for seconds. */
const OLDEST_TS = 100_000_000_000

/** Sends the items of the outbox until the service acknowledges them. */
export const createDelivery = (
  settings: Settings,
  post: Post,
  onDelivered: (item: Item, reply: Reply) => unknown,
) => {
  // Stored by service and not by key: when the key is replaced, the next one sends these items.
  const outbox = createOutbox(createSlot(settings.storage, `outbox:${settings.url}`))
  const backoff = createBackoff(settings, MAX_RETRY_AFTER_MS)
  let timer: ReturnType<typeof setTimeout> | undefined
  let sending: Promise<boolean> = Promise.resolve(true)
  let dropped = 0
  let isClosed = false
  /** Emits when a batch is delivered after a failure. */
  const recovered = createSignal()
  let hasFailed = false

  const drop = (items: readonly Omit<Item, 'id' | 'ts'>[], reason: string) => {
    dropped += items.length
    settings.onDrop({ items, reason })
  }

  /**
   * Removes the items of an answered batch. A rejected item is reported once, also when it was sent twice. An item from
   * the future stays, without its time: the clock of the device is wrong.
   */
  const settle = (batch: readonly Item[], rejections: readonly Rejection[]) => {
    const isSettled = (item: Item) => {
      const reason = rejections.find(({ id }) => id === item.id)?.errorCode
      const isTooEarly = reason === 'IN_THE_FUTURE' && item.ts
      if (isTooEarly) outbox.put({ ...item, ts: undefined })
      else if (reason) drop([item], reason)
      return !isTooEarly
    }
    outbox.remove(batch.filter(outbox.has).filter(isSettled))
  }

  /**
   * Adds the time of sending by this device's clock. The service corrects `ts` by the difference to its own clock. An
   * old service ignores the member. Without a battery a clock may stand at 1970: such an item counts as now.
   */
  const stamp = ({ ts, ...item }: Item) =>
    ts === undefined || ts < OLDEST_TS ? item : { ...item, ts, sentAt: settings.clock.now() }

  /** Sends one batch. A batch that the service cannot read is halved until the unreadable item is found. */
  const send = async (batch: readonly Item[], keepalive = false): Promise<boolean> => {
    const [item] = batch
    if (!item) return true
    const kind = getKind(item)
    const reply = await post({
      path: `/v1/${kind}`,
      body: kind === 'identify' ? item : { [kind]: batch.map(stamp) },
      timeoutMs: BATCH_TIMEOUT_MS,
      keepalive,
    })
    const rejections = readRejections(reply, batch.length)
    if (rejections) {
      backoff.succeeded()
      settle(batch, rejections)
      if (hasFailed) recovered.emit()
      hasFailed = false
      await onDelivered(item, reply)
      return true
    }
    if (
      isPermanentFailure(reply) ||
      (kind === 'identify' && IDENTIFY_REFUSED.includes(reply.status))
    ) {
      const half = batch.length >> 1
      if (half)
        return (await send(batch.slice(0, half), keepalive)) && send(batch.slice(half), keepalive)
      settle(batch, [{ id: item.id, errorCode: `HTTP_${reply.status}` }])
      return true
    }
    hasFailed = true
    backoff.failed(reply.retryAfterMs)
    settings.report(reply)
    return false
  }

  const sendAll = async (): Promise<boolean> => {
    for (;;) {
      const items = outbox.all()
      const [first] = items
      if (!first) return true
      if (backoff.hasRetryAfter()) return false
      if (!(await send(takeBatch(items, getKind(first), MAX_BATCH_BYTES)))) return false
    }
  }

  /** Sends everything now, except while a `Retry-After` lasts. True when nothing is left. Never rejects. */
  const flush = async (): Promise<boolean> => {
    clearTimeout(timer)
    timer = undefined
    // In a Worker the request that sends may end and its promise never settles: calls do not wait for each other.
    sending = settings.waitUntil ? sendAll() : sending.then(sendAll)
    const isDone = await sending
    if (!isDone && !settings.waitUntil) schedule()
    return isDone
  }

  const schedule = () => {
    if (timer !== undefined) return
    // In a Worker timers end with the request: the items of one tick are sent together inside `waitUntil`.
    if (settings.waitUntil) {
      timer = 0
      settings.waitUntil(Promise.resolve().then(() => (timer === 0 ? flush() : sending)))
      return
    }
    if (isClosed) return
    const pauseMs = backoff.remainingMs()
    timer = setTimeout(() => void flush(), Math.max(pauseMs, COLLECT_MS))
    // A process may end while the service is away, but not before it has tried to send a new item.
    if (pauseMs > 0) unrefTimer(timer)
  }

  const findProblem = (item: NewItem): string | undefined => {
    if (!isSendable(item)) return 'INVALID_ITEM'
    if (!item.userId) return 'TARGETING_KEY_MISSING'
    return outbox.all().length >= settings.maxBuffered ? 'BUFFER_FULL' : undefined
  }

  if (outbox.all().length > 0 && !settings.waitUntil) schedule()

  return {
    /** Keeps an item and sends it soon, under an id of its own unless it has one. False when it is dropped: it has no user id, or the outbox is full. */
    add: (item: NewItem & { readonly id?: string }): boolean => {
      const reason = findProblem(item)
      if (reason) {
        drop([item], reason)
        return false
      }
      outbox.put({ id: createId(settings.random), ...item })
      schedule()
      return true
    },
    flush,
    recovered,
    /** Ends the backoff and sends again, because the service may be back. */
    recover: () => {
      backoff.reset()
      if (outbox.all().length > 0) void flush()
    },
    /** Sends what fits while the page unloads. `sendBeacon` cannot set the Authorization header. */
    flushAtExit: () => {
      if (backoff.hasRetryAfter()) return
      for (const kind of ['exposures', 'events'] as const)
        void send(takeBatch(outbox.all(), kind, KEEPALIVE_BYTES / 2), true)
    },
    pending: () => ({ waiting: outbox.all().length, dropped }),
    /** Stops the timers and sends what waits. */
    close: () => {
      isClosed = true
      return flush()
    },
  }
}

export type Delivery = ReturnType<typeof createDelivery>
