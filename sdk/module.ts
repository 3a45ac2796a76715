import { createFlagsClient, type FlagsClient } from './client.ts'
import type { FlagsOptions } from './options.ts'

type Environment = { process?: { env?: Record<string, string | undefined> } }

const fromEnvironment = (): FlagsOptions => {
  const env = (globalThis as Environment).process?.env ?? {}
  return { url: env.FLAGS_URL ?? '', key: env.FLAGS_KEY ?? '' }
}

let client: FlagsClient | undefined

/** The module's own client: the configured one, else one by FLAGS_URL and FLAGS_KEY of the environment. */
const own = (): FlagsClient => (client ??= createFlagsClient(fromEnvironment()))

/** Sets up the module's own client, which the functions below use. An earlier one sends what waits, and is closed. */
export const configureFlags = (options: FlagsOptions): FlagsClient => {
  void client?.close()
  client = createFlagsClient(options)
  return client
}

/** One flag; see `FlagsClient`. */
export const getFlag: FlagsClient['getFlag'] = (...asked) => own().getFlag(...asked)
/** All flags; see `FlagsClient`. */
export const getAllFlags: FlagsClient['getAllFlags'] = (...asked) => own().getAllFlags(...asked)
/** The user's variant for ever, assigned now if need be; see `FlagsClient`. */
export const assignVariant: FlagsClient['assignVariant'] = (...asked) =>
  own().assignVariant(...asked)
/** The user's variant, assigning nobody; see `FlagsClient`. */
export const getVariant: FlagsClient['getVariant'] = (...asked) => own().getVariant(...asked)
/** Logs that the user saw the variant; see `FlagsClient`. */
export const logExposure: FlagsClient['logExposure'] = (...asked) => own().logExposure(...asked)
/** Logs what the user did; see `FlagsClient`. */
export const track: FlagsClient['track'] = (...asked) => own().track(...asked)
/** Says who an anonymous person is, now that they signed in; see `FlagsClient`. */
export const identify: FlagsClient['identify'] = (...asked) => own().identify(...asked)
/** Sends what waits, now; see `FlagsClient`. */
export const flush: FlagsClient['flush'] = (...asked) => own().flush(...asked)
