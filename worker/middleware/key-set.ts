import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import { MAX_KEYS } from '../../schema/limits.ts'
import { describeError } from '../lib/describe-error.ts'
import { elapsedSince } from '../lib/elapsed.ts'
import { createSingleFlight } from '../lib/single-flight.ts'
import type { WaitUntil } from '../lib/wait-until.ts'
import { withDeadline } from '../lib/with-deadline.ts'
import { unavailable } from '../http/problem.ts'

/*
 * Public keys of an identity provider (JWKS, RFC 7517). The remote key set of jose forgets its keys when a fetch fails,
 * fetches again at every request then, and shares no fetch between requests in workerd.
 */

/** The age at which keys are fetched again, behind an answer. A withdrawn key stays good for as long. */
const REFRESH_AFTER_MS = 10 * 60_000
/** The pause between two fetches: tokens with invented key ids must not cause one each. */
const PAUSE_MS = 30_000
/** The pause after a fetch that failed. */
const RETRY_MS = 5_000
/** How long a request waits for a fetch, and how much of the response is read. */
const DEADLINE_MS = 2_000
const MAX_BYTES = 256 * 1024
/** An isolate remembers the URLs of all evaluation keys, and that of Access. The oldest is dropped first. */
const MAX_ADDRESSES = MAX_KEYS + 1

const readText = async (response: Response): Promise<string> => {
  let text = ''
  let bytes = 0
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw new Error(`the answer has more than ${MAX_BYTES} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** Follows no redirect: the URL was validated, its target was not. */
const readKeys = async (url: string) => {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  const headers = { Accept: 'application/jwk-set+json, application/json' }
  const response = await fetch(url, { redirect: 'manual', headers, signal })
  if (response.status === 200) return createLocalJWKSet(JSON.parse(await readText(response)))
  await response.body?.cancel()
  throw new Error(`the answer is a ${response.status}`)
}

const unreadable = () =>
  unavailable('the public keys that tokens are verified with cannot be read; try again')

const createKeySet = (url: string) => {
  let keys: ReturnType<typeof createLocalJWKSet> | undefined
  let loadedAt = Number.NEGATIVE_INFINITY
  let fetchedAt = Number.NEGATIVE_INFINITY
  let hasFailed = false

  const load = async () => {
    fetchedAt = Date.now()
    try {
      keys = await readKeys(url)
      loadedAt = fetchedAt
      hasFailed = false
    } catch (error) {
      hasFailed = true
      console.error({ event: 'key_set.unreadable', url, error: describeError(error) })
    }
  }

  const flight = createSingleFlight(load, DEADLINE_MS)

  const mayFetch = () =>
    flight.isRunning() || elapsedSince(fetchedAt) >= (hasFailed ? RETRY_MS : PAUSE_MS)

  const refresh = async (waitUntil: WaitUntil): Promise<void> => {
    const shared = flight.run()
    waitUntil(shared)
    await withDeadline(shared, DEADLINE_MS).catch(() => {
      hasFailed = true
      flight.abandon(shared)
    })
  }

  /**
   * Finds the key that a token names. Loaded keys stay good while the URL fails. A key that is missing then may be new,
   * so the answer is 503 and not 401.
   */
  return (waitUntil: WaitUntil): JWTVerifyGetKey =>
    async (header, token) => {
      if (!keys && mayFetch()) await refresh(waitUntil)
      if (!keys) throw unreadable()
      if (elapsedSince(loadedAt) >= REFRESH_AFTER_MS && mayFetch()) waitUntil(refresh(waitUntil))
      try {
        return await keys(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        if (mayFetch()) await refresh(waitUntil)
        if (hasFailed) throw unreadable()
        return keys(header, token)
      }
    }
}

type KeySet = ReturnType<typeof createKeySet>

const keySets = new Map<string, KeySet>()

/** The keys at a URL, in one memory for the isolate. */
export const getKeySet = (url: string): KeySet => {
  const existing = keySets.get(url)
  if (existing) return existing
  const [first] = keySets.keys()
  if (first !== undefined && keySets.size >= MAX_ADDRESSES) keySets.delete(first)
  const created = createKeySet(url)
  keySets.set(url, created)
  return created
}

/** Whether the token is at fault, and not the keys that verify it. jose's plain error means the keys. */
export const isAboutToken = (error: unknown): error is errors.JOSEError =>
  error instanceof errors.JOSEError &&
  error.code !== errors.JOSEError.code &&
  !(error instanceof errors.JWKSInvalid)
