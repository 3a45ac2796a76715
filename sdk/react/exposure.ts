import type { FlagsClient } from '../client.ts'
import type { FlagsContext } from '../context.ts'
import { share } from '../shared.ts'

const getLogged = () => share('exposures', () => new WeakMap<FlagsClient, Set<string>>())

/** Logs an exposure once in a client's life. */
export const logExposureOnce = (
  client: FlagsClient,
  context: FlagsContext,
  experimentKey: string,
  variant: string,
): void => {
  const logged = getLogged()
  const names = logged.get(client) ?? new Set()
  logged.set(client, names)
  const name = JSON.stringify([context.userId, experimentKey, variant])
  if (names.has(name)) return
  names.add(name)
  client.logExposure(context, experimentKey as never, variant as never)
}
