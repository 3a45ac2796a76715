import { createFlagsClient, type FlagsClient } from './client.ts'
import type { FlagsOptions } from './options.ts'
import { share } from './shared.ts'

type Environment = { process?: { env?: Record<string, string | undefined> } }

const readEnvironment = (): FlagsOptions => {
  const env = (globalThis as Environment).process?.env ?? {}
  return { url: env.FLAGS_URL ?? '', key: env.FLAGS_KEY ?? '' }
}

const getHolder = () => share<{ client?: FlagsClient }>('module', () => ({}))

/** The module's client: the configured one, else one from FLAGS_URL and FLAGS_KEY of the environment. */
const getClient = (): FlagsClient => (getHolder().client ??= createFlagsClient(readEnvironment()))

/** Configures the module's client, which the functions below use. Closes the earlier one, which sends what waits. */
export const configureFlags = (options: FlagsOptions): FlagsClient => {
  const holder = getHolder()
  void holder.client?.close()
  holder.client = createFlagsClient(options)
  return holder.client
}

/** Reads one flag; see `FlagsClient`. */
export const getFlag: FlagsClient['getFlag'] = (...args) => getClient().getFlag(...args)
/** Reads the value of a flag of any type; see `FlagsClient`. */
export const getValue: FlagsClient['getValue'] = (...args) => getClient().getValue(...args)
/** Reads a text; see `FlagsClient`. */
export const getString: FlagsClient['getString'] = (...args) => getClient().getString(...args)
/** Reads a number; see `FlagsClient`. */
export const getNumber: FlagsClient['getNumber'] = (...args) => getClient().getNumber(...args)
/** Reads an object or a list; see `FlagsClient`. */
export const getObject: FlagsClient['getObject'] = (...args) => getClient().getObject(...args)
/** Reads all boolean flags; see `FlagsClient`. */
export const getAllFlags: FlagsClient['getAllFlags'] = (...args) => getClient().getAllFlags(...args)
/** Assigns the user's variant for ever; see `FlagsClient`. */
export const assignVariant: FlagsClient['assignVariant'] = (...args) =>
  getClient().assignVariant(...args)
/** Reads the user's variant; see `FlagsClient`. */
export const getVariant: FlagsClient['getVariant'] = (...args) => getClient().getVariant(...args)
/** Logs that the user saw the variant; see `FlagsClient`. */
export const logExposure: FlagsClient['logExposure'] = (...args) => getClient().logExposure(...args)
/** Logs an event of the user; see `FlagsClient`. */
export const track: FlagsClient['track'] = (...args) => getClient().track(...args)
/** Reports the sign-in of an anonymous user; see `FlagsClient`. */
export const identify: FlagsClient['identify'] = (...args) => getClient().identify(...args)
/** Sends all waiting items now; see `FlagsClient`. */
export const flush: FlagsClient['flush'] = (...args) => getClient().flush(...args)
