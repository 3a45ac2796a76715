import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import { MAX_KEYS } from '../../schema/limits.ts'
import { describeError } from '../lib/describe-error.ts'
import { elapsedSince } from '../lib/elapsed.ts'
import { createSingleFlight } from '../lib/single-flight.ts'
import type { WaitUntil } from '../lib/wait-until.ts'
import { withDeadline } from '../lib/with-deadline.ts'
import { unavailable } from '../http/problem.ts'

/*
 * Public keys that someone else publishes (JWKS, RFC 7517), loaded by the isolate. jose has such a thing, but its own
 * forgets what it loaded when the address fails, asks at every request while it does, and shares no question in workerd.
 */

/** How old keys may grow before they are asked for again, behind an answer. One that was withdrawn is good as long. */
const REFRESH_AFTER_MS = 10 * 60_000
/** The pause between two fetches: tokens with invented key ids must not cause one each. */
const PAUSE_MS = 30_000
/** The pause after a fetch that failed. */
const RETRY_MS = 5_000
/** How long a request waits for a fetch, and how much of the response is read. */
const DEADLINE_MS = 2_000
const MAX_BYTES = 256 * 1024
/** URLs that an isolate remembers: those of all evaluation keys, and that of Access. The oldest goes first. */
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
  let askedAt = Number.NEGATIVE_INFINITY
  let hasFailed = false

  const load = async () => {
    askedAt = Date.now()
    try {
      keys = await readKeys(url)
      loadedAt = askedAt
      hasFailed = false
    } catch (error) {
      hasFailed = true
      console.error({ event: 'key_set.unreadable', url, error: describeError(error) })
    }
  }

  const flight = createSingleFlight(load, DEADLINE_MS)

  const mayAsk = () =>
    flight.isRunning() || elapsedSince(askedAt) >= (hasFailed ? RETRY_MS : PAUSE_MS)

  const refresh = async (waitUntil: WaitUntil): Promise<void> => {
    const shared = flight.run()
    waitUntil(shared)
    await withDeadline(shared, DEADLINE_MS).catch(() => {
      hasFailed = true
      flight.abandon(shared)
    })
  }

  /**
   * Finds the key that a token names. What is loaded is good while the address fails; a key that is not in it is then
   * neither known nor unknown, and neither is any key while none was ever had: both are a 503.
   */
  return (waitUntil: WaitUntil): JWTVerifyGetKey =>
    async (header, token) => {
      if (!keys && mayAsk()) await refresh(waitUntil)
      if (!keys) throw unreadable()
      if (elapsedSince(loadedAt) >= REFRESH_AFTER_MS && mayAsk()) waitUntil(refresh(waitUntil))
      try {
        return await keys(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        if (mayAsk()) await refresh(waitUntil)
        if (hasFailed) throw unreadable()
        return keys(header, token)
      }
    }
}

type KeySet = ReturnType<typeof createKeySet>

const keySets = new Map<string, KeySet>()

/** The keys at a URL, in one memory for the isolate. */
export const getKeySet = (url: string): KeySet => {
  const known = keySets.get(url)
  if (known) return known
  const [first] = keySets.keys()
  if (first !== undefined && keySets.size >= MAX_ADDRESSES) keySets.delete(first)
  const made = createKeySet(url)
  keySets.set(url, made)
  return made
}

/** Whether the token is at fault, and not the keys that verify it. jose's plain error means the keys. */
export const isAboutToken = (error: unknown): error is errors.JOSEError =>
  error instanceof errors.JOSEError &&
  error.code !== errors.JOSEError.code &&
  !(error instanceof errors.JWKSInvalid)
