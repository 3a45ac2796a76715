import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose'
import { MAX_KEYS } from '../../schema/limits.ts'
import { describeError } from '../lib/describe-error.ts'
import { withDeadline } from '../lib/with-deadline.ts'
import { unavailable } from '../http/problem.ts'
import type { WaitUntil } from '../snapshot/reader.ts'

/*
 * Public keys that someone else publishes (JWKS, RFC 7517), loaded by the isolate. jose has such a thing, but its own
 * forgets what it loaded when the address fails, asks at every request while it does, and shares no question in workerd.
 */

/** How old keys may grow before they are asked for again, behind an answer. One that was withdrawn is good as long. */
const REFRESH_AFTER_MS = 10 * 60_000
/** No question for this long after the last one: whoever invents key ids must not make us a flood. */
const PAUSE_MS = 30_000
/** The same after one that failed. */
const RETRY_MS = 5_000
/** How long a request waits for an answer, and how much of one is read. */
const DEADLINE_MS = 2_000
const MAX_BYTES = 256 * 1024
/** Addresses that an isolate remembers: those of all keys, and that of Access. The first is forgotten first. */
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

/** Follows no redirection: what was checked is the address, not where it leads. */
const readKeys = async (url: string) => {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  const headers = { Accept: 'application/jwk-set+json, application/json' }
  const response = await fetch(url, { redirect: 'manual', headers, signal })
  if (response.status === 200) return createLocalJWKSet(JSON.parse(await readText(response)))
  await response.body?.cancel()
  throw new Error(`the answer is a ${response.status}`)
}

const since = (at: number) => {
  const age = Date.now() - at
  return age < 0 ? Number.POSITIVE_INFINITY : age
}

const unreadable = () =>
  unavailable('the public keys that tokens are verified with cannot be read; try again')

const createKeySet = (url: string) => {
  let keys: ReturnType<typeof createLocalJWKSet> | undefined
  let loadedAt = Number.NEGATIVE_INFINITY
  let askedAt = Number.NEGATIVE_INFINITY
  let hasFailed = false
  let flight: Promise<void> | undefined

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

  const mayAsk = () => flight !== undefined || since(askedAt) >= (hasFailed ? RETRY_MS : PAUSE_MS)

  /** One question an isolate: whoever comes while it is under way shares it. One that hangs is let go. */
  const refresh = async (waitUntil: WaitUntil): Promise<void> => {
    const shared = (flight ??= load())
    waitUntil(shared)
    await withDeadline(shared, DEADLINE_MS).catch(() => (hasFailed = true))
    if (flight === shared) flight = undefined
  }

  /**
   * Finds the key that a token names. What is loaded is good while the address fails; a key that is not in it is then
   * neither known nor unknown, and neither is any key while none was ever had: both are a 503.
   */
  return (waitUntil: WaitUntil): JWTVerifyGetKey =>
    async (header, token) => {
      if (!keys && mayAsk()) await refresh(waitUntil)
      if (!keys) throw unreadable()
      if (since(loadedAt) >= REFRESH_AFTER_MS && mayAsk()) waitUntil(refresh(waitUntil))
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

/** The keys at an address: one memory of them an isolate. */
export const getKeySet = (url: string): KeySet => {
  const known = keySets.get(url)
  if (known) return known
  const [first] = keySets.keys()
  if (first !== undefined && keySets.size >= MAX_ADDRESSES) keySets.delete(first)
  const made = createKeySet(url)
  keySets.set(url, made)
  return made
}

/** What is wrong with a token, as opposed to what it is verified with. jose's plain error is of the latter. */
export const isAboutToken = (error: unknown): error is errors.JOSEError =>
  error instanceof errors.JOSEError &&
  error.code !== errors.JOSEError.code &&
  !(error instanceof errors.JWKSInvalid)
